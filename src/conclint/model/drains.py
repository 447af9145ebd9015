"""Containers that are read out and then emptied: what others add in between is thrown away unread.

`for job in self._jobs: send(job)` and `self._jobs = []` is a read-modify-write in two statements. Binding the name to a
new container first, `jobs, self._jobs = self._jobs, []`, is none: what was added so far is in the one, the rest in the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.words import AccessKind
from conclint.syntax.children import is_a

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conclint.model.accesses import Access
    from conclint.model.module import ModuleModel

_TAKES_NOTHING = frozenset({
    "len", "bool", "id", "type", "isinstance", "repr", "str", "print", "debug", "info", "warning", "warn", "error",
    "exception", "critical", "log", "format", "iter", "next", "any", "all", "max", "min",
})  # fmt: skip
_EMPTY = frozenset({"list", "dict", "set", "deque", "bytearray", "defaultdict", "OrderedDict", "Counter"})


def drains(module: ModuleModel, found: Sequence[Access]) -> Iterator[Access]:
    """Yield each emptying of a shared container with the read before it, in the same block, that took out what it held."""
    from conclint.model.accesses import Access as Made

    for emptying in found:
        if not _empties(module, emptying) or not module.variables.is_container(emptying.variable):
            continue
        before = _statements_before(module, emptying.node)
        taken = [
            access
            for access in found
            if access.variable == emptying.variable and _takes_out(module, access) and _stands_in(module, access.node, before)
        ]
        if taken:
            parts = (*taken[-1].parts, *emptying.parts)
            yield Made(emptying.variable, AccessKind.UPDATE_WITH_CALL, emptying.node, parts, acts=(taken[-1].node,))


def _empties(module: ModuleModel, access: Access) -> bool:
    if access.kind is AccessKind.STORE:
        return _is_empty(access.value)
    if access.kind is not AccessKind.MUTATE:
        return False
    if isinstance(access.node, cst.Call):
        return isinstance(access.node.func, cst.Attribute) and access.node.func.attr.value == "clear"
    return isinstance(module.tree.parent(access.node), cst.Del) and _is_whole(access.node)


def _is_empty(value: cst.CSTNode | None) -> bool:
    if value.__class__ is cst.List or value.__class__ is cst.Dict:
        return not value.elements
    func = value.func if value.__class__ is cst.Call else None
    name = func.attr.value if func.__class__ is cst.Attribute else func.value if func.__class__ is cst.Name else ""
    return name in _EMPTY and (name == "defaultdict" or not value.args)  # type: ignore[union-attr]


def _is_whole(node: cst.CSTNode) -> bool:
    """Tell `x[:]`."""
    index = node.slice[0].slice if isinstance(node, cst.Subscript) and len(node.slice) == 1 else None
    return isinstance(index, cst.Slice) and index.lower is None and index.upper is None and index.step is None


def _takes_out(module: ModuleModel, access: Access) -> bool:
    """Tell a read of all that a container holds: a loop, a copy, or a call that is given it."""
    if access.kind is AccessKind.ITERATE:
        return True
    if access.kind is not AccessKind.READ:
        return False
    if access.method == "copy" or _is_whole(access.node):
        return True
    parent = module.tree.parent(access.node)
    call = module.tree.parent(parent) if isinstance(parent, cst.Arg) else None
    if not isinstance(call, cst.Call):
        return False
    func = call.func
    name = func.attr.value if isinstance(func, cst.Attribute) else func.value if isinstance(func, cst.Name) else ""
    return bool(name) and name not in _TAKES_NOTHING


def _statements_before(module: ModuleModel, node: cst.CSTNode) -> frozenset[int]:
    """Return the `id`s of the statements that stand before a node's own in the same block."""
    line: cst.CSTNode | None = node
    while line is not None and not is_a(line, (cst.SimpleStatementLine, cst.FunctionDef)):
        line = module.tree.parent(line)
    block = module.tree.parent(line) if isinstance(line, cst.SimpleStatementLine) else None
    body = block.body if isinstance(block, cst.IndentedBlock) else ()
    position = next((index for index, statement in enumerate(body) if statement is line), 0)
    return frozenset(map(id, body[:position]))


def _stands_in(module: ModuleModel, node: cst.CSTNode, statements: frozenset[int]) -> bool:
    return any(id(outer) in statements for outer in module.tree.ancestors(node))
