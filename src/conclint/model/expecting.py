"""Whether the code is prepared for an exception where it may be raised."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

import libcst as cst

from conclint.syntax.children import is_a
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from conclint.model.module import ModuleModel

_DEMANDING = frozenset(
    {"assertRaises", "assertRaisesRegex", "assertWarns", "assertWarnsRegex", "deprecated_call", "raises", "warns"}
)
_DEFINING = frozenset({cst.FunctionDef, cst.Lambda, cst.ClassDef})


def is_put_to_the_test(module: ModuleModel, node: cst.CSTNode) -> bool:
    """Tell what stands in a `with` that demands an exception or a warning: that it goes wrong there is what is tested."""
    for inner, outer in module.tree.outwards(node):
        kind = outer.__class__
        if kind in _DEFINING:
            return False
        if kind is cst.With and inner is outer.body and any(_demands(item.item) for item in outer.items):  # type: ignore[attr-defined]
            return True
    return False


def _demands(manager: cst.BaseExpression) -> bool:
    return isinstance(manager, cst.Call) and dotted_name(manager.func).rpartition(".")[2] in _DEMANDING


def is_expected(module: ModuleModel, node: cst.CSTNode, exception: str) -> bool:
    """Tell whether an exception that `node` raises, by its name, is caught or asked for in the same function."""
    names = _names_of(exception)
    for inner, outer in module.tree.outwards(node):
        if is_a(outer, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            return False
        if (outer.__class__ is cst.Try or outer.__class__ is cst.TryStar) and inner is outer.body:
            if any(_takes(handler.type, names) for handler in outer.handlers):
                return True
        if isinstance(outer, cst.With) and inner is outer.body:
            if any(module.suppresses(item.item) for item in outer.items):
                return True
    return False


def _takes(caught: cst.BaseExpression | None, names: frozenset[str]) -> bool:
    if caught is None:
        return True
    parts = [element.value for element in caught.elements] if isinstance(caught, cst.Tuple) else [caught]
    return any(dotted_name(part).rpartition(".")[2] in names for part in parts)


def _names_of(exception: str) -> frozenset[str]:
    """Return the names of an exception and, as far as it is one of Python's own, of those that it derives from."""
    name = exception.rpartition(".")[2]
    known = getattr(builtins, name, Exception)
    return frozenset({name, *(cls.__name__ for cls in known.__mro__)})
