"""Writes to module globals: what a function changes that other threads can see."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.graph import Op, OpKind
from conclint.model.words import AccessKind
from conclint.syntax import BindingKind, Scope, ScopeKind
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel

_CONTAINERS = frozenset({"dict", "list", "defaultdict", "Counter", "OrderedDict", "deque"})


@dataclasses.dataclass(frozen=True, slots=True)
class Access:
    """One write to the global `name`; `reads` are the nodes whose values it is computed from."""

    name: str
    kind: AccessKind
    node: cst.CSTNode
    element: bool
    reads: tuple[cst.CSTNode, ...] = ()


def global_writes(module: ModuleModel, function: Function) -> Iterator[Access]:
    """Yield the writes to module globals in a function's own code.

    Code at module level is left out: it runs once, under the import lock.
    """
    if function.is_module or function.scope.kind is ScopeKind.CLASS or not _may_write(module, function.scope):
        return
    graph = module.graph(function)
    if graph is None:
        return
    seen: set[int] = set()
    for op in graph.ops():
        if op.kind in (OpKind.BIND, OpKind.STORE, OpKind.AUGMENT) and id(op.node) not in seen:
            seen.add(id(op.node))
            access = _access(module, function, op)
            if access is not None:
                yield access


def _may_write(module: ModuleModel, scope: Scope) -> bool:
    if scope.global_names:
        return True
    root = module.tree.root
    return any(
        store.name == "[]"
        and isinstance(store.node, cst.Subscript)
        and isinstance(store.node.value, cst.Name)
        and scope.owner(store.node.value.value) is root
        for store in scope.stores
    )


def _access(module: ModuleModel, function: Function, op: Op) -> Access | None:
    target = op.node.target if isinstance(op.node, cst.AugAssign) else op.node
    element = isinstance(target, cst.Subscript)
    variable = target.value if isinstance(target, cst.Subscript) else target
    if not isinstance(variable, cst.Name) or isinstance(op.extra, (cst.FunctionDef, cst.ClassDef)):
        return None
    name = variable.value
    if function.scope.owner(name) is not module.tree.root:
        return None
    if element and not _is_plain_container(module, name):
        return None
    value = op.extra
    if op.kind is OpKind.AUGMENT:
        kind = AccessKind.UPDATE_WITH_CALL if value is not None and _calls(value) else AccessKind.UPDATE
        return Access(name, kind, op.node, element, (variable,))
    reads = tuple(_reads(module, function, name, value)) if value is not None else ()
    if not reads:
        return Access(name, AccessKind.STORE, op.node, element)
    through_a_local = any(module.statement_of(read) is not module.statement_of(op.node) for read in reads)
    calls = through_a_local or (value is not None and _calls(value))
    return Access(name, AccessKind.UPDATE_WITH_CALL if calls else AccessKind.UPDATE, op.node, element, reads)


def _reads(module: ModuleModel, function: Function, name: str, value: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield the reads of a global that a value is computed from, directly or through one local."""
    for part in descendants(value):
        if not isinstance(part, cst.Name):
            continue
        if part.value == name:
            yield part
            continue
        owner = function.scope.owner(part.value)
        if owner is not function.scope:
            continue
        for binding in owner.bindings.get(part.value, ()):
            if binding.kind is BindingKind.ASSIGN and binding.value is not None:
                for inner in descendants(binding.value):
                    if isinstance(inner, cst.Name) and inner.value == name:
                        yield inner


def _is_plain_container(module: ModuleModel, name: str) -> bool:
    """Tell a global that is a built-in container, whose own methods are atomic and whose elements are not guarded."""
    bindings = module.tree.root.bindings.get(name, [])
    return bool(bindings) and all(
        isinstance(binding.value, (cst.Dict, cst.List, cst.DictComp, cst.ListComp))
        or (
            isinstance(binding.value, cst.Call)
            and dotted_name(binding.value.func).rpartition(".")[2] in _CONTAINERS
        )
        for binding in bindings
    )


def _calls(node: cst.CSTNode) -> bool:
    return any(isinstance(part, (cst.Call, cst.Await, cst.Yield)) for part in descendants(node))
