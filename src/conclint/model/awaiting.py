"""Where a coroutine gives way to others while it holds a lock of threads or processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain
from conclint.model.graph import OpKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conclint.model.definitions import Function
    from conclint.model.graph import Graph, Op
    from conclint.model.locks import Lock
    from conclint.model.locksets import Held
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Facts, State

_BLOCKING = (Domain.THREAD, Domain.PROCESS)
_GIVES_WAY = (OpKind.AWAIT, OpKind.YIELD)


class LockedAwait(msgspec.Struct, frozen=True):
    """The first `await`, `async for`, `async with` or `yield` at which `lock`, taken at `taken`, is surely held."""

    node: cst.CSTNode
    word: str
    lock: Lock
    taken: cst.CSTNode
    function: Function


def locked_awaits(module: ModuleModel) -> Iterator[LockedAwait]:
    """Yield where coroutines give way with a lock that blocks whole threads: for each place that takes one the first.

    A lock that was only tried for counts as free for others to try: nobody waits for it.
    """
    for function in module.functions:
        if function.is_async and module.locks.handles_locks(function):
            yield from _in_coroutine(module, function)


def _in_coroutine(module: ModuleModel, function: Function) -> Iterator[LockedAwait]:
    exploration = module.locks.explored(function)
    if exploration is None:
        return
    takers = _takers(module, exploration.graph)
    found: dict[tuple[int, str], LockedAwait] = {}

    def see(op: Op, states: Mapping[State, Facts]) -> None:
        if op.kind not in _GIVES_WAY:
            return
        for key, taker in _surely_held(states):
            lock, taken = module.locks.by_key[key], takers.get(taker)
            if taken is None or lock.kind is None or lock.domain not in _BLOCKING:
                continue
            found.setdefault((taker, key), LockedAwait(_shown(op.node), _word(op), lock, taken, function))

    exploration.visit(see)
    yield from {id(one.node): one for one in reversed(found.values())}.values()


def _takers(module: ModuleModel, graph: Graph) -> dict[int, cst.CSTNode]:
    """Return the operations that wait for a lock until they have it, by `id` of their nodes.

    Who is entered by `async with` is no lock of threads, whatever it is declared to be: those have no `__aenter__`. An
    asynchronous manager of this module holds its lock where it yields already, which is told there.
    """
    found: dict[int, cst.CSTNode] = {}
    for op in graph.ops():
        if op.kind in (OpKind.CALL, OpKind.ENTER):
            event = module.locks.event(op)
            around = module.tree.parent(op.node)
            asynchronous = isinstance(around, cst.With) and around.asynchronous is not None
            if not asynchronous and (event is None or event[0] == "acquire"):
                found[id(op.node)] = op.node
    return found


def _surely_held(states: Mapping[State, Facts]) -> Held:
    held: list[Held] = list(states)  # type: ignore[arg-type]
    return tuple(pair for pair in held[0] if all(pair in other for other in held[1:]))


def _word(op: Op) -> str:
    if op.kind is OpKind.YIELD:
        return "yield"
    if isinstance(op.node, (cst.For, cst.CompFor)):
        return "async for"
    return "async with" if isinstance(op.node, cst.With) else "await"


def _shown(node: cst.CSTNode) -> cst.CSTNode:
    """Return what to point at: of a block, its head."""
    if isinstance(node, (cst.For, cst.CompFor)):
        return node.iter
    return node.items[0].item if isinstance(node, cst.With) else node
