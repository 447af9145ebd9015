"""All that is done with the object of a creation site, wherever its module keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.calls import called_by
from conclint.model.escape import Fate, Use, Way, fate_of, fate_of_variable
from conclint.model.events import functions_of
from conclint.model.values import NONE, UNKNOWN, Instance

if TYPE_CHECKING:
    from conclint.model.escape import Escape
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site, Value
    from conclint.syntax import Binding

_QUESTIONS = (cst.Comparison, cst.ComparisonTarget, cst.BooleanOperation, cst.UnaryOperation, cst.If, cst.While, cst.Assert)


def uses_of(module: ModuleModel, site: Site) -> list[Use] | None:
    """Return all that is done with the object of a creation site, None where it gets out of sight.

    It may be a local variable, an attribute, or a global; the latter two only when they are private or the module is
    a program that nobody imports. It may be an argument of a function of this module, also of a thread's.
    """
    uses: list[Use] = []
    followed: set[str] = set()
    pending = [fate_of(module, site.call)]
    while pending:
        fate = pending.pop()
        uses += fate.uses
        for escape in fate.escapes:
            inside = _behind(module, site, escape, fate, followed)
            if inside is None:
                return None
            for part in inside:
                if isinstance(part, Fate):
                    pending.append(part)
                else:
                    uses.append(part)
    return uses


def _behind(
    module: ModuleModel, site: Site, escape: Escape, fate: Fate, followed: set[str]
) -> list[Use | Fate] | None:
    """Return what becomes of an object where it gets out of sight of its variable, None where that is not to be seen."""
    if escape.way is Way.GLOBAL:
        return [] if all(map(module.imports.is_private, fate.variables)) else None
    if escape.way is Way.STORED:
        name = _kept_as(module, escape.node)
        if not name or not module.imports.is_private(name):
            return None
        first = name not in followed
        followed.add(name)
        return _of_attribute(module, site, name) if first else []
    return _passed_on(module, site, escape.node) if escape.way is Way.PASSED else None


def _kept_as(module: ModuleModel, node: cst.CSTNode) -> str:
    """Return the attribute that a value is stored to, empty for anything else than an object's or a class's attribute."""
    statement = module.statement_of(node)
    if not isinstance(statement, (cst.Assign, cst.AnnAssign)) or statement.value is None:
        return ""
    targets = [statement.target] if isinstance(statement, cst.AnnAssign) else [one.target for one in statement.targets]
    target: cst.CSTNode = targets[0]
    if isinstance(target, cst.Tuple) and isinstance(statement.value, cst.Tuple):
        pairs = zip(target.elements, statement.value.elements)
        target = next((to.value for to, given in pairs if given.value is node), target)
    elif statement.value is not node:
        return ""
    if len(targets) > 1 or not isinstance(target, (cst.Attribute, cst.Name)):
        return ""
    return target.attr.value if isinstance(target, cst.Attribute) else target.value


def _of_attribute(module: ModuleModel, site: Site, name: str) -> list[Use | Fate] | None:
    """Return what is done with the attributes of a name, whatever the object, None where one gets out of sight."""
    uses: list[Use | Fate] = []
    stores = {id(store.node): store for scope in module.scopes for store in scope.stores}
    for attribute in module.nodes(cst.Attribute):
        if attribute.attr.value != name:
            continue
        parent = module.tree.parent(attribute)
        call = module.tree.parent(parent) if isinstance(parent, cst.Attribute) else None
        if isinstance(parent, cst.Attribute) and isinstance(call, cst.Call) and call.func is parent:
            uses.append(Use(parent.attr.value, call, attribute))
        elif (stored := stores.get(id(attribute))) is not None:
            if not _stores_its_like(module, site, stored):
                return None
        elif isinstance(parent, cst.Arg):
            passed = _passed_on(module, site, attribute)
            if passed is None:
                return None
            uses += passed
        elif isinstance(parent, cst.WithItem) and parent.asname is None:
            uses.append(Use("with", parent, attribute))
        elif not isinstance(parent, _QUESTIONS):
            return None
    named = (text for text in module.nodes(cst.SimpleString) if isinstance(module.tree.parent(text), cst.Arg))
    return None if any(text.evaluated_value == name for text in named) else uses


def _stores_its_like(module: ModuleModel, site: Site, binding: Binding) -> bool:
    """Tell whether an attribute gets an object of the same kind, or None."""
    known = [value for value in module.resolver.binding(binding) if value is not UNKNOWN]
    return bool(known) and all(
        value == NONE or (isinstance(value, Instance) and value.facts is not None and value.facts.kind is site.kind)
        for value in known
    )


def _is(value: Value, site: Site) -> bool:
    return isinstance(value, Instance) and value.site is site


def _passed_on(module: ModuleModel, site: Site, node: cst.CSTNode) -> list[Use | Fate] | None:
    """Return what becomes of an object that a function of this module, maybe a thread's, gets as a parameter."""
    given = module.tree.parent(node)
    call = module.tree.parent(given) if isinstance(given, cst.Arg) else None
    if not isinstance(call, cst.Call):
        return None
    handover = next((one for one in module.handovers if one.call is call), None)
    if handover is None:
        functions = list(called_by(module, call))
    elif handover.arguments is given:
        functions = [function for function, _ in functions_of(module.values(handover.target.value))]
    else:
        return None
    found: list[Use | Fate] = []
    for function in functions:
        taking = [
            binding
            for parameter in function.parameters
            for binding in function.scope.bindings.get(parameter.name.value, [])[:1]
            if any(_is(value, site) for value in module.resolver.binding(binding))
        ]
        if len(taking) != 1:
            return None
        found.append(fate_of_variable(module, taking[0]))
    return found or None
