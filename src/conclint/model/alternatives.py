"""Which of what a function hands over is never running while it does another: one branch or the other comes to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.syntax.children import is_a

if TYPE_CHECKING:
    from conclint.model.module import ModuleModel

_REPEATING = frozenset({cst.For, cst.While, cst.CompFor, cst.FunctionDef, cst.Lambda})


def is_over_with_block(module: ModuleModel, call: cst.Call | None) -> bool:
    """Tell a task that is handed once to the executor that a `with` around it makes, and so has ended behind that."""
    if call is None or not is_a(call.func, cst.Attribute) or not is_a(call.func.value, cst.Name):
        return False
    name = call.func.value.value
    for outer in module.tree.ancestors(call):
        if outer.__class__ in _REPEATING:
            return False
        if is_a(outer, cst.With) and any(_enters(item, name) for item in outer.items):
            return True
    return False


def _enters(item: cst.WithItem, name: str) -> bool:
    made = item.asname is not None and is_a(item.asname.name, cst.Name) and item.asname.name.value == name
    return made and is_a(item.item, cst.Call)


def are_alternatives(module: ModuleModel, one: cst.Call | None, other: cst.Call | None) -> bool:
    """Tell two such tasks of which the function hands over one, for they stand in two branches of a test."""
    if one is None or other is None or not (is_over_with_block(module, one) and is_over_with_block(module, other)):
        return False
    behind = {id(outer): inner for inner, outer in module.tree.outwards(other)}
    for inner, outer in module.tree.outwards(one):
        if id(outer) in behind:
            return is_a(outer, cst.If) and inner is not behind[id(outer)]
    return False
