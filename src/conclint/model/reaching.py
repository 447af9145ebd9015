"""Reaching definitions: which bindings of a local variable a use can see (Dragon Book, 9.2.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.graph import Block, Graph, Op, OpKind

if TYPE_CHECKING:
    from conclint.syntax import Binding, Scope

_BINDERS = frozenset({OpKind.BIND, OpKind.AUGMENT, OpKind.DELETE, OpKind.IMPORT})


def reaching_definitions(graph: Graph, scope: Scope, name: str) -> dict[int, list[Binding]]:
    """Return, for each load of `name` by `id` of its node, the bindings of `scope` that may reach it."""
    by_node = {id(binding.node): binding for binding in scope.bindings[name]}
    uses = {id(block): found for block in graph.blocks if (found := _uses(block, name, by_node))}
    start = [binding for binding in scope.bindings[name] if binding.kind.value == "parameter"]
    entries: dict[int, dict[int, Binding]] = {id(graph.entry): {id(binding): binding for binding in start}}
    seen: dict[int, dict[int, Binding]] = {}
    pending = [graph.entry]
    while pending:
        block = pending.pop()
        reaching = thrown = entries[id(block)]
        if id(block) in uses:
            thrown = dict(reaching)
            for node, bound in uses[id(block)]:
                if bound is None:
                    seen.setdefault(id(node), {}).update(reaching)
                else:
                    reaching = {id(bound): bound}
                    thrown.update(reaching)
        targets: list[tuple[Block, dict[int, Binding]]] = [(edge.target, reaching) for edge in block.edges]
        if block.handler is not None:
            targets.append((block.handler, thrown))
        for target, incoming in targets:
            known = entries.get(id(target))
            if known is None:
                entries[id(target)] = dict(incoming)
                pending.append(target)
            elif not known.keys() >= incoming.keys():
                known.update(incoming)
                pending.append(target)
    return {key: list(found.values()) for key, found in seen.items()}


def _uses(block: Block, name: str, by_node: dict[int, Binding]) -> list[tuple[cst.CSTNode, Binding | None]]:
    """Return where a block loads the variable, with None, and where it binds it, in order."""
    found: list[tuple[cst.CSTNode, Binding | None]] = []
    for op in block.ops:
        node = op.node
        if op.kind is OpKind.LOAD:
            if node.__class__ is cst.Name and node.value == name:
                found.append((node, None))
        elif op.kind in _BINDERS and (bound := _bound_by(op, name, by_node)) is not None:
            found.append((node, bound))
    return found


def _bound_by(op: Op, name: str, by_node: dict[int, Binding]) -> Binding | None:
    node = op.node
    if op.kind is OpKind.AUGMENT:
        node = node.target  # type: ignore[attr-defined]
    elif op.kind is OpKind.IMPORT and not isinstance(getattr(node, "names", None), cst.ImportStar):
        for alias in node.names:  # type: ignore[attr-defined]
            if id(alias) in by_node:
                return by_node[id(alias)]
    found = by_node.get(id(node))
    if found is None and isinstance(op.extra, (cst.FunctionDef, cst.ClassDef)):
        found = by_node.get(id(op.extra))
    return found if found is not None and found.name == name else None
