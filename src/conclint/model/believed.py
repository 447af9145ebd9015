"""Reads that rest on an earlier test: `if self.sock is not None: self.sock.send(x)`, `if k in d: d[k]`.

Each read is atomic, but what the test has seen may be gone by then: AttributeError on None, or KeyError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.catching import is_caught
from conclint.model.words import AccessKind
from conclint.syntax.children import descendants, is_a

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conclint.model.accesses import Access
    from conclint.model.module import ModuleModel

_USING = (AccessKind.READ, AccessKind.MUTATE, AccessKind.ITERATE)
_OF_NONE = ("AttributeError", "TypeError", "Exception", "BaseException")
_OF_KEY = ("KeyError", "LookupError", "Exception", "BaseException")


def believed_reads(module: ModuleModel, found: Sequence[Access]) -> Iterator[Access]:
    """Yield the reads of shared variables that raise when what a test has just seen there is gone meanwhile."""
    from conclint.model.accesses import Access as Made

    reads = [access for access in found if access.kind is AccessKind.READ]
    for access in found:
        if access.kind not in _USING:
            continue
        test = _shown_by(module, access) or _holds_key(module, access)
        if test is not None:
            inside = {id(node) for node in descendants(test)}
            tested = [part for one in reads if one.variable == access.variable and id(one.node) in inside for part in one.parts]
            parts = (*tested, *access.parts)
            yield Made(access.variable, AccessKind.READ, access.node, parts, access.element, access.parts)


def takes_away(module: ModuleModel, access: Access) -> bool:
    """Tell a write after which what a test may have seen is no longer there: None is stored, or an element removed."""
    if access.kind is AccessKind.STORE:
        return isinstance(access.value, cst.Name) and access.value.value == "None"
    if access.kind is AccessKind.CHECK_THEN_ACT:
        return access.only_removes
    deleted = module.tree.parent(access.node).__class__ is cst.Del
    return access.kind is AccessKind.MUTATE and (access.removes or deleted)


def _shown_by(module: ModuleModel, access: Access) -> cst.CSTNode | None:
    """Return the test that has shown that there is an object, where its attributes, items or itself are asked for next."""
    node = access.node
    if node.__class__ is cst.Call and node.func.__class__ is cst.Attribute:
        node = node.func.value
    elif node.__class__ is cst.Subscript:
        node = node.value
    if (node.__class__ is not cst.Name and node.__class__ is not cst.Attribute) or _is_snapshot(access, node):
        return None
    parent = module.tree.parent(node)
    used = (
        ((parent.__class__ is cst.Attribute or parent.__class__ is cst.Subscript) and parent.value is node)
        or (parent.__class__ is cst.Call and parent.func is node)
        or access.kind is AccessKind.ITERATE
    )
    test = module.resolver.narrowing.test_of(node) if used else None
    return None if test is None or is_caught(module, node, *_OF_NONE) else test


def _is_snapshot(access: Access, node: cst.Name | cst.Attribute) -> bool:
    """Tell a local that stands for the variable: it keeps what it was bound to."""
    return node.__class__ is cst.Name and node.value != access.variable.label


def _holds_key(module: ModuleModel, access: Access) -> cst.CSTNode | None:
    """Return the test `k in d` around a read of `d[k]`."""
    node = access.node
    if access.kind is not AccessKind.READ or node.__class__ is not cst.Subscript or is_caught(module, node, *_OF_KEY):
        return None
    for inner, outer in module.tree.outwards(node):
        if is_a(outer, (cst.FunctionDef, cst.Lambda)):
            return None
        if isinstance(outer, (cst.If, cst.IfExp)) and outer.body is inner and outer.test.__class__ is cst.Comparison:
            left, target = outer.test.left, outer.test.comparisons[0]
            container = module.code(node.value)
            if is_a(target.operator, cst.In) and module.code(target.comparator) == container:
                return outer.test if module.code(node) == f"{container}[{module.code(left)}]" else None
    return None
