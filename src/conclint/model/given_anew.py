"""Which of the arguments that a callable is handed over with are others in each of its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.arguments import argument, rest_arguments
from conclint.model.given_containers import arguments_handed_over
from conclint.model.values import ClassValue
from conclint.syntax import BindingKind
from conclint.syntax.children import descendants, is_a
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.events import Handover
    from conclint.model.module import ModuleModel

_COMPREHENSIONS = frozenset({cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp})
_DEFINING = frozenset({cst.FunctionDef, cst.Lambda, cst.ClassDef, cst.While})
_SAME = frozenset({"repeat", "cycle"})


def given_anew(module: ModuleModel, handover: Handover) -> Iterator[str]:
    """Yield such arguments, by position or by the name of the parameter.

    They are the items of what is mapped over, or what the loop around the call names or makes for each turn.
    """
    each = handover.runs.each
    if each is not None:
        given = argument(handover.call, each)
        items = rest_arguments(handover.call, each) if each.rest else [given] if given is not None else []
        for position, item in enumerate(items if not handover.runs.star else ()):
            if not is_a(item.value, cst.Call) or dotted_name(item.value.func).rpartition(".")[2] not in _SAME:
                yield str(position)
        return
    for position, (name, value) in enumerate(arguments_handed_over(handover)):
        if is_a(value, cst.Name) and _is_of_turn(module, handover.call, value):
            yield name or str(position)


def _is_of_turn(module: ModuleModel, call: cst.Call, name: cst.Name) -> bool:
    """Tell a local that stands for something else in each turn of the innermost loop around a call."""
    loop = _innermost(module, call)
    owner = module.tree.scope_of(name).owner(name.value)
    if loop is None or owner is None:
        return False
    target = loop.target
    if any(is_a(part, cst.Name) and part.value == name.value for part in descendants(target)):
        return True
    return all(
        binding.kind is BindingKind.ASSIGN
        and is_a(binding.value, cst.Call)
        and any(isinstance(made, ClassValue) for made in module.values(binding.value.func))
        and loop in module.tree.ancestors(binding.node)
        for binding in owner.bindings.get(name.value, ())
    )


def _innermost(module: ModuleModel, call: cst.Call) -> cst.For | cst.CompFor | None:
    for inner, outer in module.tree.outwards(call):
        if outer.__class__ in _DEFINING:
            return None
        if is_a(outer, cst.For) and inner is outer.body:
            return outer
        if outer.__class__ in _COMPREHENSIONS:
            clause: cst.CompFor = outer.for_in
            while clause.inner_for_in is not None:
                clause = clause.inner_for_in
            return clause
    return None
