"""Functions that are meant to be called under a lock, and the calls that come without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.draft import Place
    from conclint.program.contexts import Contexts
    from conclint.program.graph import CallEdge, CallGraph
    from conclint.program.locks import LockNames
    from conclint.program.summary import FunctionFact

_FEWEST = 2


class Uncovered(NamedTuple):
    """A call of `callee` by `caller` without the `lock` that its contract asks for and `held` of `calls` calls hold."""

    place: Place
    caller: FunctionFact
    callee: FunctionFact
    lock: str
    held: int
    calls: int


def uncovered_calls(graph: CallGraph, contexts: Contexts, locks: LockNames) -> Iterator[Uncovered]:
    """Yield the calls without the lock that is held at most others, as the callee says of itself in words or asserts.

    A declared contract is a matter of its own (`Promises`).
    """
    for key, callee in graph.functions.items():
        needed = locks.guards(lock for lock in callee.assumed if _is_its_own(graph, callee, lock))
        if not needed or callee.declares:
            continue
        calls = [edge for edge in graph.callers.get(key, ()) if _counts(graph, contexts, edge)]
        bare = [edge for edge in calls if not needed <= _held(graph, locks, edge)]
        covered = len(calls) - len(bare)
        if covered < _FEWEST or len(bare) * 2 > covered:
            continue
        for edge in bare:
            caller = graph.functions[edge.caller]
            if edge.fact.place is not None and not _tries(locks, caller, needed):
                yield Uncovered(edge.fact.place, caller, callee, min(callee.assumed), covered, len(calls))


def _is_its_own(graph: CallGraph, function: FunctionFact, lock: str) -> bool:
    """Tell a lock of the function's class, or of its module where it has none: others are guesses."""
    return not function.owner or lock.rpartition(".")[0] in graph.linker.order(function.owner)


def _counts(graph: CallGraph, contexts: Contexts, edge: CallEdge) -> bool:
    """Tell a call on the caller's own object by code that is seen to run when others may have the object."""
    mine = edge.receiver in ("self", "none") and edge.caller != edge.callee
    return mine and edge.caller not in graph.construction and bool(contexts.of(edge.caller))


def _held(graph: CallGraph, locks: LockNames, edge: CallEdge) -> frozenset[str]:
    return locks.guards(graph.passed(edge, frozenset(edge.fact.locks) | graph.entry_locks[edge.caller]))


def _tries(locks: LockNames, caller: FunctionFact, needed: frozenset[str]) -> bool:
    """Tell a caller that goes on without the lock where it cannot have it at once."""
    return any(one.tried and needed & locks.guards([one.lock]) for one in caller.acquires)
