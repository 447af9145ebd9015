"""Events that are waited for and that nothing sets."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import libcst as cst

from conclint.knowledge.schema import Domain, Primitive
from conclint.model.catching import is_caught
from conclint.model.escape import Use, Way, fate_of
from conclint.model.tries import Attempt, attempt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.events import Event
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site

_QUESTIONS = (cst.Comparison, cst.ComparisonTarget, cst.BooleanOperation, cst.UnaryOperation, cst.If, cst.While, cst.Assert)
_FOR_EVER = ("forever", "never")


@dataclasses.dataclass(frozen=True, slots=True)
class NeverSet:
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
        for use in uses:
            event = waits.get(id(use.node))
            if event is not None and _waits_in_vain(module, event):
                yield NeverSet(event, site)


def uses_of(module: ModuleModel, site: Site) -> list[Use] | None:
    """Return all that is done with the object of a creation site, None where it gets out of sight.

    It may be a local variable, an attribute, or a global; the latter two only when they are private or the module is
    a program that nobody imports.
    """
    fate = fate_of(module, site.call)
    uses = list(fate.uses)
    for escape in fate.escapes:
        name = _kept_as(module, escape.node) if escape.way is Way.STORED else ""
        if escape.way is Way.GLOBAL and all(map(module.imports.is_private, fate.variables)):
            continue
        inside = _uses_of_attribute(module, name) if name and module.imports.is_private(name) else None
        if inside is None:
            return None
        uses += inside
    return uses


def _kept_as(module: ModuleModel, node: cst.CSTNode) -> str:
    """Return the attribute that a value is stored to, empty for anything else than an object's or a class's attribute."""
    parent = module.tree.parent(node)
    if isinstance(parent, cst.Assign) and len(parent.targets) == 1:
        target = parent.targets[0].target
    elif isinstance(parent, cst.AnnAssign):
        target = parent.target
    else:
        return ""
    if isinstance(target, cst.Attribute):
        return target.attr.value
    return target.value if isinstance(target, cst.Name) else ""


def _uses_of_attribute(module: ModuleModel, name: str) -> list[Use] | None:
    """Return what is done with the attributes of a name, whatever the object, None where one gets out of sight."""
    uses: list[Use] = []
    for attribute in module.nodes(cst.Attribute):
        if attribute.attr.value != name:
            continue
        parent = module.tree.parent(attribute)
        call = module.tree.parent(parent) if isinstance(parent, cst.Attribute) else None
        if isinstance(parent, cst.Attribute) and isinstance(call, cst.Call) and call.func is parent:
            uses.append(Use(parent.attr.value, call, attribute))
        elif isinstance(parent, (cst.AssignTarget, cst.AnnAssign)):
            if not _stores_a_new_one(module, attribute):
                return None
        elif not isinstance(parent, _QUESTIONS):
            return None
    named = (text for text in module.nodes(cst.SimpleString) if isinstance(module.tree.parent(text), cst.Arg))
    return None if any(text.evaluated_value == name for text in named) else uses


def _stores_a_new_one(module: ModuleModel, target: cst.Attribute) -> bool:
    statement = module.statement_of(target)
    value = statement.value if isinstance(statement, (cst.Assign, cst.AnnAssign)) else None
    return isinstance(value, cst.Call) or (isinstance(value, cst.Name) and value.value == "None")


def _waits_in_vain(module: ModuleModel, event: Event) -> bool:
    call = event.node
    function = module.function_at(call)
    if not isinstance(call, cst.Call) or function is None or attempt(module, call) is not Attempt.WITH_LOCK:
        return False
    if function.is_module or any(word in module.label(event.object).lower() for word in _FOR_EVER):
        return False
    return not is_caught(module, call, "KeyboardInterrupt", "SystemExit")
