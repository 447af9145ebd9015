"""Whether a thread or process is a daemon, which the program's end does not wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.knowledge.schema import Primitive, Where
from conclint.model.arguments import argument, has_star
from conclint.model.escape import fate_of
from conclint.model.values import NONE, Constant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Class
    from conclint.model.escape import Use
    from conclint.model.events import Root
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site


def is_daemon(module: ModuleModel, site: Site) -> bool | None:
    """Tell whether what a site makes is a daemon: as its constructor, its class or its user says; None: unknown.

    Where nobody says so it is none, though one that is made by a daemon thread is.
    """
    told = list(_told(module, site))
    if None in told:
        return None
    return any(told)


def _told(module: ModuleModel, site: Site) -> Iterator[bool | None]:
    if has_star(site.call):
        yield None
    given = argument(site.call, site.facts.daemon)
    if given is not None:
        yield _truth(module, given.value)
    for use in fate_of(module, site.call).used("daemon", "setDaemon"):
        yield from _set_by(module, use)
    for cls in module.resolver.mro(site.cls) if site.cls is not None else ():
        yield from _said_by_class(module, cls)


def _set_by(module: ModuleModel, use: Use) -> Iterator[bool | None]:
    if isinstance(use.node, cst.Call):
        yield _truth(module, use.node.args[0].value) if use.node.args else None
    elif use.stores:
        assign = module.tree.enclosing(use.node, cst.Assign)
        yield _truth(module, assign.value) if assign is not None else None


def _said_by_class(module: ModuleModel, cls: Class) -> Iterator[bool | None]:
    """Yield what a class says in its body and its methods: `daemon = True`, `super().__init__(daemon=True)`."""
    for binding in cls.attributes.get("daemon", ()):
        yield _truth(module, binding.value) if binding.value is not None and not binding.path else None
    for method in cls.methods.values():
        for call in method.scope.calls:
            if isinstance(call.func, cst.Attribute) and call.func.attr.value == "setDaemon":
                yield None
            if isinstance(call.func, cst.Attribute) and call.func.attr.value == "__init__":
                if any(given.star == "**" for given in call.args):
                    yield None
                for given in call.args:
                    if given.keyword is not None and given.keyword.value == "daemon":
                        yield _truth(module, given.value)


def _truth(module: ModuleModel, node: cst.CSTNode) -> bool | None:
    values = module.values(node)
    if len(values) != 1 or not isinstance(values[0], Constant):
        return None
    return values[0] != NONE and bool(values[0].value)


def is_daemon_root(module: ModuleModel, root: Root) -> bool | None:
    """Tell whether the threads or processes of a root are daemons; None: unknown. Workers are waited for."""
    if root.where is Where.WORKER:
        return False
    sites = [site for site in module.sites if site.call is root.site or _is_of(module, site, root.receiver)]
    later = {
        id(one.site)
        for event in module.events_of("daemon")
        for one in event.instances
        if one.site is not None
    }
    told = [None if id(site) in later and not is_daemon(module, site) else is_daemon(module, site) for site in sites]
    if not told or None in told:
        return None
    return any(told)


def outlasts(module: ModuleModel, root: Root) -> bool:
    """Tell whether a root may still run when the functions of `atexit` are called.

    First the interpreter joins all threads that are no daemons, and with them those of executors: threading._shutdown.
    """
    if root.where is Where.WORKER:
        handed = next((one for one in module.handovers if one.call is root.site), None)
        executor = handed.receiver.facts if handed is not None and handed.receiver is not None else None
        return executor is None or executor.kind is not Primitive.EXECUTOR
    return root.where is not Where.THREAD or is_daemon_root(module, root) is not False


def _is_of(module: ModuleModel, site: Site, cls: Class | None) -> bool:
    return cls is not None and site.cls is not None and cls in module.resolver.mro(site.cls)
