"""What follows what in a control-flow graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.model.graph import OpKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import libcst as cst

    from conclint.model.graph import Block, Graph, Op


def place_of(graph: Graph, call: cst.Call) -> tuple[Block, int] | None:
    """Return the block of a call and the index of what follows it there, None when nothing calls it."""
    for block in graph.blocks:
        for index, op in enumerate(block.ops):
            if op.node is call and op.kind is OpKind.CALL:
                return block, index + 1
    return None


def straight_after(graph: Graph, call: cst.Call) -> Iterator[Op]:
    """Yield the operations that follow a call whatever comes out of it: those before the first branch."""
    place = place_of(graph, call)
    if place is not None:
        yield from straight_from(*place)


def straight_from(block: Block, index: int = 0) -> Iterator[Op]:
    """Yield the operations from a place on that come whatever happens: those before the first branch."""
    seen: set[int] = set()
    while id(block) not in seen:
        seen.add(id(block))
        yield from block.ops[index:]
        if len(block.edges) != 1:
            return
        block, index = block.edges[0].target, 0


def after(graph: Graph, call: cst.Call, until: Callable[[Op], bool]) -> Iterator[Op]:
    """Yield the operations that may follow a call when nothing raises, on each way as far as one that `until` tells."""
    place = place_of(graph, call)
    pending = [place] if place is not None else []
    seen: set[int] = set()
    while pending:
        block, index = pending.pop()
        for op in block.ops[index:]:
            yield op
            if until(op):
                break
        else:
            pending += [(e.target, 0) for e in block.edges if not e.explicit_raise and id(e.target) not in seen]
            seen.update(id(edge.target) for edge in block.edges)


def reaches(start: Block, call: cst.Call) -> bool:
    """Tell whether a call can be reached from the end of a block."""
    seen: set[int] = set()
    pending = [edge.target for edge in start.edges]
    while pending:
        block = pending.pop()
        if id(block) in seen:
            continue
        seen.add(id(block))
        if any(op.node is call for op in block.ops):
            return True
        pending.extend(edge.target for edge in block.edges)
    return False


def can_return(graph: Graph) -> bool:
    """Tell whether a function may come to its normal end at all: one that serves for ever does not."""
    seen = {id(graph.entry)}
    pending = [graph.entry]
    while pending:
        block = pending.pop()
        for edge in block.edges:
            if edge.target is graph.returned:
                return True
            if id(edge.target) not in seen:
                seen.add(id(edge.target))
                pending.append(edge.target)
    return False
