"""Events that are waited for and that nothing sets."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Primitive
from conclint.model.calls import called_by
from conclint.model.catching import is_caught
from conclint.model.tries import Attempt, attempt
from conclint.model.uses import uses_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.events import Event
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site

_FOR_EVER = ("forever", "never")


class NeverSet(msgspec.Struct, frozen=True):
    """A wait without a timeout for an event, made at `site`, whose every use is seen and none sets it."""

    wait: Event
    site: Site


def events_never_set(module: ModuleModel) -> Iterator[NeverSet]:
    """Yield the waits for events that nobody can set: all that is done with the event is in sight.

    Left alone is who waits for ever on purpose: with an event of his own, for Ctrl-C or a signal, or by its name.
    Tasks wait so until they are cancelled.
    """
    if module.handles_signals:
        return
    waits = {id(event.node): event for event in module.events_of("wait", Primitive.EVENT)}
    for site in module.sites_of(Primitive.EVENT):
        uses = uses_of(module, site) if waits and site.cls is None and site.domain is not Domain.ASYNCIO else None
        if uses is None or any(use.name == "set" for use in uses):
            continue
        if all(module.function_at(use.node) is module.function_at(site.call) for use in uses):
            continue
        if _is_within_reach_of_others(module, site):
            continue
        for use in uses:
            event = waits.get(id(use.node))
            if event is not None and _waits_in_vain(module, event):
                yield NeverSet(event, site)


def _is_within_reach_of_others(module: ModuleModel, site: Site) -> bool:
    """Tell whether the object that keeps the event gives itself to code of other modules, its friends: `task.run(self)`."""
    maker = module.function_at(site.call)
    if maker is None or maker.cls is None:
        return False
    for method in maker.cls.methods.values():
        for name in (name for scope in method.scopes for name in scope.names if name.value == method.receiver_name):
            given = module.tree.parent(name)
            call = module.tree.parent(given) if isinstance(given, cst.Arg) else None
            if isinstance(call, cst.Call) and not called_by(module, call) and not _is_of_python(module, call):
                return True
    return False


def _is_of_python(module: ModuleModel, call: cst.Call) -> bool:
    top = (module.symbol(call.func) or "").partition(".")[0]
    return top == "builtins" or top in sys.stdlib_module_names


def _waits_in_vain(module: ModuleModel, event: Event) -> bool:
    call = event.node
    function = module.function_at(call)
    if not isinstance(call, cst.Call) or function is None or attempt(module, call) is not Attempt.WITH_LOCK:
        return False
    if function.is_module or any(word in module.label(event.object).lower() for word in _FOR_EVER):
        return False
    return not is_caught(module, call, "KeyboardInterrupt", "SystemExit")
