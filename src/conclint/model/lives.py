"""What is missing in the life of a thread, process or timer that never gets out of its maker's sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.knowledge.schema import Primitive
from conclint.model.escape import Way, fate_of
from conclint.model.making import is_made_idle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.escape import Use
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site

_STARTED = (Primitive.THREAD, Primitive.PROCESS, Primitive.TIMER)


def never_started(module: ModuleModel) -> Iterator[Site]:
    """Yield the creation sites whose objects nobody starts, runs or gets to see."""
    for site in module.sites_of(*_STARTED):
        if not module.knowledge.order(site.type_name, "start").after or not _has_work(module, site):
            continue
        fate = fate_of(module, site.call)
        if fate.escapes_but(Way.GLOBAL) or (fate.escapes and not fate.uses):
            continue  # a global that nothing is done with is there for other modules
        if is_made_idle(module, site) and not any(_matters(module, site, use) for use in fate.uses):
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
