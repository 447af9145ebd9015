"""What is missing in the life of a thread, process or timer that never gets out of its maker's sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.knowledge.schema import Parameter, Primitive
from conclint.model.arguments import argument
from conclint.model.daemons import is_daemon
from conclint.model.escape import Way, fate_of
from conclint.model.flow import can_return
from conclint.model.making import is_made_idle
from conclint.model.values import Constant, FunctionValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Class
    from conclint.model.escape import Use
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site

_NAMES = ("name", "ident", "native_id", "pid", "daemon")
_SOON = 5.0  # seconds; what Infer's starvation analysis calls harmless
_STARTED = (Primitive.THREAD, Primitive.PROCESS, Primitive.TIMER)


def never_started(module: ModuleModel) -> Iterator[tuple[Site, Use | None]]:
    """Yield the creation sites whose objects nobody starts, runs or gets to see, with a `t.start` that is no call."""
    for site in module.sites_of(*_STARTED):
        if not module.knowledge.order(site.type_name, "start").after or not _has_work(module, site):
            continue
        fate = fate_of(module, site.call)
        if fate.escapes_but(Way.GLOBAL) or (fate.escapes and not fate.uses):
            continue  # a global that nothing is done with is there for other modules
        if is_made_idle(module, site) and not any(_matters(module, site, use) for use in fate.uses):
            yield site, next(iter(fate.used("start")), None)


def never_joined(module: ModuleModel) -> Iterator[tuple[Site, Use]]:
    """Yield threads and processes that a function starts and leaves running, with the start.

    Daemons are left out, and those that anything else is done with: who asks whether they are alive waits in a way.
    """
    for site in module.sites_of(Primitive.THREAD, Primitive.PROCESS):
        function = module.function_of(site.scope)
        graph = module.graph(function) if function is not None and function.scope.is_callable else None
        if graph is None or not can_return(graph):
            continue
        start = _only_started(module, site)
        if start is not None:
            yield site, start


def lost_timers(module: ModuleModel) -> Iterator[tuple[Site, Use]]:
    """Yield timers that are started and that nobody can cancel, with the start; a short delay needs no cancelling."""
    for site in module.sites_of(Primitive.TIMER):
        start = _only_started(module, site)
        if start is not None and (not _is_soon(module, site) or _starts_over(module, site)):
            yield site, start


def _only_started(module: ModuleModel, site: Site) -> Use | None:
    """Return the start of what nothing else is done with, None where there is more to it, or it is a daemon."""
    if not module.knowledge.order(site.type_name, "start").after or not is_made_idle(module, site):
        return None
    fate = fate_of(module, site.call)
    calls = [use for use in fate.uses if not use.stores and (isinstance(use.node, cst.Call) or use.name not in _NAMES)]
    if fate.escapes or len(calls) != 1 or calls[0].name != "start" or is_daemon(module, site) is not False:
        return None
    return None if site.cls is not None and "start" in _methods(module, site.cls) else calls[0]


def _methods(module: ModuleModel, cls: Class) -> frozenset[str]:
    return frozenset(name for owner in module.resolver.mro(cls) for name in owner.methods)


def _is_soon(module: ModuleModel, site: Site) -> bool:
    """Tell a timer whose delay is known and over before anybody could want to cancel it."""
    given = argument(site.call, Parameter("interval", 0))
    values = module.values(given.value) if given is not None else ()
    return bool(values) and all(
        isinstance(value, Constant) and isinstance(value.value, (int, float)) and value.value <= _SOON
        for value in values
    )


def _starts_over(module: ModuleModel, site: Site) -> bool:
    """Tell a timer whose function makes the next one."""
    maker = module.function_of(site.scope)
    targets = [handover.target.value for handover in module.handovers if handover.call is site.call]
    return any(
        isinstance(value, FunctionValue) and value.function is maker
        for target in targets
        for value in module.values(target)
    )


def _has_work(module: ModuleModel, site: Site) -> bool:
    """Tell whether an object has something to run; one that has not, or that can't be made, is there for a test."""
    around = module.inside(site.call, cst.With)
    if around is not None and any(module.suppresses(item.item) for item in around.items):
        return False
    return site.cls is not None or any(handover.call is site.call for handover in module.handovers)


def _matters(module: ModuleModel, site: Site, use: Use) -> bool:
    """Tell whether a use may start the object, or is what it was made for: somebody reads its name."""
    if isinstance(use.node, cst.Attribute):
        return not use.stores and not module.is_discarded(use.node)
    if site.cls is not None and use.name in _methods(module, site.cls):
        return True
    method = module.knowledge.method(site.type_name, use.name)
    return method is None or method.event is None or method.event in ("start", "run")
