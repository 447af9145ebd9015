"""Which element of a container an access is about: one that is there already, the object's own, or one of some key."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.words import AccessKind
from conclint.syntax.children import descendants, is_a
from conclint.syntax.walk import dotted_name, is_constant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.accesses import Access
    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel

_DEFINING = (cst.FunctionDef, cst.Lambda, cst.ClassDef)


def is_of_own_key(access: Access, function: Function) -> bool:
    """Tell one operation on the element whose key is the object's own: `Cls.table[self.id] = 0`."""
    if access.kind is not AccessKind.MUTATE or not is_a(access.node, cst.Subscript) or not function.receiver_name:
        return False
    keys = [part.slice.value for part in access.node.slice if is_a(part.slice, cst.Index)]
    return len(keys) == 1 and dotted_name(keys[0]).partition(".")[0] == function.receiver_name


def is_of_some_key(access: Access) -> bool:
    """Tell an access of an element whose key is computed, so that others may mean other elements."""
    target = access.node.target if access.node.__class__ is cst.AugAssign else access.node
    if not access.element or target.__class__ is not cst.Subscript:
        return False
    return not all(is_a(part.slice, cst.Index) and is_constant(part.slice.value) for part in target.slice)


def given_key(module: ModuleModel, access: Access, function: Function) -> str:
    """Return the parameter of the function that is the key of the element in all parts of an access, empty for other keys."""
    keys = [_key_of(module, part) for part in access.parts]
    names = {key.value if is_a(key, cst.Name) else "" for key in keys}
    name = names.pop() if len(names) == 1 else ""
    return name if name in {parameter.name.value for parameter in function.parameters} else ""


def _key_of(module: ModuleModel, part: cst.CSTNode) -> cst.CSTNode | None:
    """Return the key that a part of an access names: `d[k]`, `d.pop(k)`, `k in d`."""
    if is_a(part, cst.AugAssign):
        part = part.target
    if is_a(part, cst.Call):
        return part.args[0].value if part.args else None
    around = part if is_a(part, cst.Subscript) else module.tree.parent(part)
    if is_a(around, cst.Subscript):
        (first, *rest) = around.slice
        return first.slice.value if isinstance(first.slice, cst.Index) and not rest else None
    comparison = module.tree.parent(around) if is_a(around, cst.ComparisonTarget) else None
    return comparison.left if is_a(comparison, cst.Comparison) else None


def only_replaces(module: ModuleModel, access: Access) -> bool:
    """Tell `d[k] = v` where the function has asked for `d[k]` before, or whether it is there; and any of a list."""
    node = access.node
    if access.kind is not AccessKind.MUTATE or access.deletes or not is_a(node, cst.Subscript):
        return False
    if module.variables.is_list(access.variable):
        return not any(is_a(part.slice, cst.Slice) for part in node.slice)
    name = module.code(node)
    return any(
        part.__class__ is cst.Subscript and module.code(part) == name
        for asked in _asked_before(module, node)
        for part in descendants(asked)
    ) or any(_is_there(module, test, node) for test in _holding(module, node))


def _asked_before(module: ModuleModel, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield the tests and plain statements that a function has surely been through when it comes to a place."""
    for inner, outer in module.tree.outwards(node):
        if is_a(outer, _DEFINING):
            return
        if is_a(outer, cst.If) and inner is not outer.test:
            yield outer.test
        if is_a(outer, cst.IndentedBlock):
            for before in itertools.takewhile(lambda one: one is not inner, outer.body):  # noqa: B023
                if is_a(before, cst.SimpleStatementLine):
                    yield from (part for part in before.body if not is_a(part, cst.Del))
                elif is_a(before, cst.If):
                    yield before.test


def _holding(module: ModuleModel, node: cst.CSTNode) -> Iterator[cst.BaseExpression]:
    """Yield the tests around a place that have come out true."""
    for inner, outer in module.tree.outwards(node):
        if is_a(outer, _DEFINING):
            return
        if is_a(outer, cst.If) and inner is outer.body:
            yield outer.test


def _is_there(module: ModuleModel, test: cst.BaseExpression, element: cst.Subscript) -> bool:
    """Tell `k in d` for `d[k]`."""
    if not is_a(test, cst.Comparison) or len(test.comparisons) != 1 or len(element.slice) != 1:
        return False
    asked, key = test.comparisons[0], element.slice[0].slice
    return (
        is_a(asked.operator, cst.In)
        and is_a(key, cst.Index)
        and module.code(asked.comparator) == module.code(element.value)
        and module.code(test.left) == module.code(key.value)
    )
