"""Reaching definitions: which bindings of a local variable a use can see (Dragon Book, 9.2.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import libcst as cst

from conclint.model.graph import OpKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.graph import Block, Graph, Op
    from conclint.syntax import Binding, Scope

_DEFINITIONS = frozenset({cst.FunctionDef, cst.ClassDef})
_BINDERS = frozenset({OpKind.BIND, OpKind.AUGMENT, OpKind.DELETE, OpKind.IMPORT})

Uses: TypeAlias = "dict[int, list[tuple[cst.CSTNode, Binding | None]]]"
"""Where a variable is loaded, with None, and where it is bound, in order, by `id` of the block."""


def uses_by_name(graph: Graph, scope: Scope) -> dict[str, Uses]:
    """Return the uses of each variable that `scope` binds."""
    by_node = {id(binding.node): binding for bindings in scope.bindings.values() for binding in bindings}
    found: dict[str, Uses] = {name: {} for name in scope.bindings}
    for block in graph.blocks:
        for op in block.ops:
            node = op.node
            if op.kind is OpKind.LOAD:
                if node.__class__ is cst.Name and node.value in found:
                    found[node.value].setdefault(id(block), []).append((node, None))
            elif op.kind in _BINDERS:
                for bound in _bound_by(op, by_node):
                    found[bound.name].setdefault(id(block), []).append((node, bound))
    return found


def reaching_definitions(graph: Graph, scope: Scope, name: str, uses: Uses) -> dict[int, list[Binding]]:
    """Return, for each load of `name` by `id` of its node, the bindings of `scope` that may reach it."""
    start = [binding for binding in scope.bindings[name] if binding.kind.value == "parameter"]
    # What may reach each block. Blocks share these as long as they are the same, so none is ever changed.
    entries: dict[int, dict[int, Binding]] = {id(graph.entry): {id(binding): binding for binding in start}}
    seen: dict[int, dict[int, Binding]] = {}
    pending = [graph.entry]
    while pending:
        block = pending.pop()
        reaching = thrown = entries[id(block)]
        for node, bound in uses.get(id(block), ()):
            if bound is None:
                seen[id(node)] = {**seen[id(node)], **reaching} if id(node) in seen else reaching
            else:
                reaching = {id(bound): bound}
                thrown = {**thrown, **reaching}
        pending.extend(edge.target for edge in block.edges if _comes_in(entries, edge.target, reaching))
        if block.handler is not None and _comes_in(entries, block.handler, thrown):
            pending.append(block.handler)
    return {key: list(found.values()) for key, found in seen.items()}


def _comes_in(entries: dict[int, dict[int, Binding]], block: Block, reaching: dict[int, Binding]) -> bool:
    """Let bindings reach a block, and tell whether that is new."""
    known = entries.get(id(block))
    if known is None:
        entries[id(block)] = reaching
    elif known is reaching or known.keys() >= reaching.keys():
        return False
    else:
        entries[id(block)] = {**known, **reaching}
    return True


def _bound_by(op: Op, by_node: dict[int, Binding]) -> Iterator[Binding]:
    node = op.node
    if op.kind is OpKind.AUGMENT:
        node = node.target  # type: ignore[attr-defined]
    elif op.kind is OpKind.IMPORT and not isinstance(getattr(node, "names", None), cst.ImportStar):
        yield from (by_node[id(alias)] for alias in node.names if id(alias) in by_node)  # type: ignore[attr-defined]
    found = by_node.get(id(node)) or (by_node.get(id(op.extra)) if op.extra.__class__ in _DEFINITIONS else None)
    if found is not None:
        yield found
