"""What is missing in the life of a thread, process or timer that never gets out of its maker's sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.knowledge.schema import Primitive
from conclint.model.escape import Way, fate_of, fate_of_variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Class
    from conclint.model.escape import Fate, Use
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site

_STARTED = (Primitive.THREAD, Primitive.PROCESS, Primitive.TIMER)
_CONSTRUCTS = ("__new__", "__init__", "__post_init__")


def never_started(module: ModuleModel) -> Iterator[Site]:
    """Yield the creation sites whose objects nobody starts, runs or gets to see."""
    for site in module.sites_of(*_STARTED):
        if not module.knowledge.order(site.type_name, "start").after or not _has_work(module, site):
            continue
        fate = fate_of(module, site.call)
        if fate.escapes_but(Way.GLOBAL) or (fate.escapes and not fate.uses):
            continue  # a global that nothing is done with is there for other modules
        if _is_made_idle(module, site) and not any(_matters(module, site, use) for use in fate.uses):
            yield site


def _has_work(module: ModuleModel, site: Site) -> bool:
    """Tell whether an object has something to run; one that has not, or that can't be made, is there for a test."""
    around = module.inside(site.call, cst.With)
    if around is not None and any(module.suppresses(item.item) for item in around.items):
        return False
    return site.cls is not None or any(handover.call is site.call for handover in module.handovers)


def _matters(module: ModuleModel, site: Site, use: Use) -> bool:
    """Tell whether a use may start the object, or is what it was made for: somebody reads its name."""
    if isinstance(use.node, cst.Attribute):
        return not use.stores
    if site.cls is not None and any(use.name in cls.methods for cls in module.resolver.mro(site.cls)):
        return True
    method = module.knowledge.method(site.type_name, use.name)
    return method is None or method.event is None or method.event in ("start", "run")


def _is_made_idle(module: ModuleModel, site: Site) -> bool:
    """Tell whether making an object does no more than that: its class neither starts it nor shows it to anybody."""
    if site.cls is None:
        return True
    classes = module.resolver.mro(site.cls)
    if not module.resolver.is_closed(site.cls) or any(cls.node.decorators or cls.node.keywords for cls in classes):
        return False
    made_by = (cls.methods[name] for cls in classes for name in _CONSTRUCTS if name in cls.methods)
    for method in made_by:
        name = method.receiver_name
        if method.name == "__new__" or name is None:
            return False
        fate = fate_of_variable(module, method.scope.bindings[name][0])
        if not _is_left_alone(module, site.cls, fate):
            return False
    return True


def _is_left_alone(module: ModuleModel, cls: Class, fate: Fate) -> bool:
    known = {"start", "run"}.union(*(owner.methods for owner in module.resolver.mro(cls)))
    if any(use.name in known and use.name != "__init__" for use in fate.uses):
        return False
    return all(_is_for_base(module, escape.node) for escape in fate.escapes)


def _is_for_base(module: ModuleModel, node: cst.CSTNode) -> bool:
    """Tell the argument of `Base.__init__(self)`."""
    call = module.tree.enclosing(node, cst.Call)
    return call is not None and isinstance(call.func, cst.Attribute) and call.func.attr.value == "__init__"
