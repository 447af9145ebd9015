"""The builtin types, of text and numbers, that expressions surely have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.values import (
    Constant,
)
from conclint.syntax import BindingKind

if TYPE_CHECKING:

    from conclint.model.module import ModuleModel
    from conclint.syntax import Binding

_NUMBERS = ("int", "float", "bool", "complex")
_RESULTS = {
    "builtins.str": "str",
    "builtins.repr": "str",
    "builtins.format": "str",
    "builtins.int": "int",
    "builtins.len": "int",
    "builtins.id": "int",
    "builtins.float": "float",
    "builtins.bool": "bool",
    "time.time": "float",
    "time.monotonic": "float",
    "time.perf_counter": "float",
}


def plain_type(module: ModuleModel, node: cst.BaseExpression) -> str | None:
    """Return the builtin type, of text or numbers, that an expression surely has: "str", "int", ..."""
    if isinstance(node, (cst.FormattedString, cst.ConcatenatedString)):
        return "str"
    if isinstance(node, cst.BinaryOperation):
        return _operation_type(module, node)
    if isinstance(node, cst.Call):
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in ("format", "join"):
            return "str" if plain_type(module, node.func.value) == "str" else None
        return _RESULTS.get(module.symbol(node.func) or "")
    kinds = {type(literal).__name__ for literal in literals(module, node)}
    if not kinds and isinstance(node, cst.Name):
        owner = module.tree.scope_of(node).owner(node.value)
        bindings = owner.bindings.get(node.value, []) if owner is not None else []
        found = [_bound_type(module, binding) for binding in bindings]
        kinds = {kind for kind in found if kind is not None} if None not in found else set()
    return kinds.pop() if len(kinds) == 1 else None


def _operation_type(module: ModuleModel, node: cst.BinaryOperation) -> str | None:
    left, right = plain_type(module, node.left), plain_type(module, node.right)
    if isinstance(node.operator, cst.Modulo) and left == "str":
        return left
    if isinstance(node.operator, (cst.Add, cst.Subtract)):
        return left or right
    return left if left in _NUMBERS and right in _NUMBERS else None


def _bound_type(module: ModuleModel, binding: Binding) -> str | None:
    """Return the builtin type that one binding gives a name: items of a range, annotated parameters."""
    if binding.kind is BindingKind.PARAMETER and isinstance(binding.node, cst.Param):
        if binding.annotation is None or binding.node.star or binding.value is not None:
            return None
        name = (module.symbol(binding.annotation) or "").removeprefix("builtins.")
        return name if name in ("str", "bytes", *_NUMBERS) else None
    if binding.kind is BindingKind.ITERATE and isinstance(binding.value, cst.Call):
        iterated = module.symbol(binding.value.func)
        if (iterated, binding.path) in (("builtins.range", ()), ("builtins.enumerate", (0,))):
            return "int"
    return None


def literals(module: ModuleModel, node: cst.BaseExpression) -> list[object]:
    """Return the literals that an expression may be; empty if it may be something else."""
    values = module.values(node)
    found = [value.value for value in values if isinstance(value, Constant) and value.value is not None]
    return found if len(found) == len(values) else []
