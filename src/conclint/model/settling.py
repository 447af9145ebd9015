"""Whose domain a primitive works in, where the arguments that it is made with decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.model.arguments import argument
from conclint.model.values import Instance

if TYPE_CHECKING:
    from conclint.knowledge.schema import Domain, Type
    from conclint.model.module import ModuleModel


def settled_domain(call: cst.Call, facts: Type) -> Domain | None:
    """Return the domain of what a call makes, None where an argument settles it that can't be read."""
    for choice in facts.settled_by:
        given = argument(call, choice.parameter)
        if given is None or (isinstance(given.value, cst.Name) and given.value.value == "None"):
            continue
        name = given.value.evaluated_value if isinstance(given.value, cst.SimpleString) else None
        return choice.domains.get(name) if isinstance(name, str) else None
    return facts.domain


def runs_alone(call: cst.Call, facts: Type) -> bool:
    """Tell a pool that is made without workers and runs everything itself."""
    if not facts.alone_by_default:
        return False
    given = argument(call, facts.workers)
    if given is None or (isinstance(given.value, cst.Name) and given.value.value == "None"):
        return True
    return isinstance(given.value, cst.Integer) and given.value.evaluated_value == 1


def taker_around(module: ModuleModel, call: cst.Call, type_name: str) -> Instance | None:
    """Return the object of a type that is called with what `call` makes among its arguments, its domain settled.

    None where there is no such call around it, where the object runs everything itself, and where its domain is unknown.
    """
    for outer in module.tree.ancestors(call):
        if isinstance(outer, (cst.BaseSmallStatement, cst.BaseCompoundStatement)):
            return None
        if not isinstance(outer, cst.Call):
            continue
        for value in module.values(outer.func):
            if isinstance(value, Instance) and value.type_name == type_name and value.site is not None:
                facts = value.site.facts
                domain = settled_domain(value.site.call, facts)
                if domain is None or runs_alone(value.site.call, facts):
                    return None
                return msgspec.structs.replace(value, facts=msgspec.structs.replace(facts, domain=domain))
    return None
