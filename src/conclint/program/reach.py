"""What a call of a function may lead to: the locks it may take, the operations it may do, with the way there.

Summaries are composed bottom-up over the call graph, as in Infer's starvation analysis; a lock of `self` stays the same
lock only along calls on the same object.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conclint.draft import Place
    from conclint.program.graph import CallEdge, CallGraph
    from conclint.program.locks import LockNames
    from conclint.program.summary import AcquireFact, FunctionFact, OperationFact

_FARTHEST = 400


class Taking(msgspec.Struct, frozen=True):
    """A lock that a function may take, itself or through calls.

    `certain` tells that it is surely the same lock when the caller names it so: a global, or an attribute of the same
    object. `way` are the places of the calls that lead there, outermost first, and of the acquire. `depends` tells that
    something on the way may be left out by its function: a call other than the outermost, or the acquire for some arguments.
    """

    lock: str
    certain: bool
    fact: AcquireFact
    way: tuple[Place, ...]
    depends: bool = False
    conditional: bool = False


class Reach:
    """Answers about what functions lead to."""

    def __init__(self, graph: CallGraph, locks: LockNames) -> None:
        self._graph = graph
        self._locks = locks
        self._taken: dict[str, dict[tuple[str, bool], Taking]] | None = None

    def taken(self, function: str) -> list[Taking]:
        """Return the locks that a call of a function may take, waiting for them as long as it takes."""
        if self._taken is None:
            self._taken = self._compose()
        return list(self._taken.get(function, {}).values())

    def _compose(self) -> dict[str, dict[tuple[str, bool], Taking]]:
        found: dict[str, dict[tuple[str, bool], Taking]] = {}
        for key, function in self._graph.functions.items():
            own: dict[tuple[str, bool], Taking] = {}
            for fact in function.acquires:
                if not fact.tried and not self._locks.is_parameter(fact.lock):
                    lock = self._locks.identity(fact.lock)
                    own.setdefault((lock, True), Taking(lock, True, fact, (fact.place,), conditional=fact.asks))
            if own:
                found[key] = own
        pending = deque(found)
        waiting = set(pending)
        while pending:
            callee = pending.popleft()
            waiting.discard(callee)
            for edge in self._graph.callers.get(callee, ()):
                into = found.setdefault(edge.caller, {})
                before = len(into)
                for taking in list(found[callee].values()):
                    passed = self.through(edge, taking)
                    if passed is not None:
                        into.setdefault((passed.lock, passed.certain), passed)
                if len(into) != before and edge.caller not in waiting:
                    waiting.add(edge.caller)
                    pending.append(edge.caller)
        return found

    def through(self, edge: CallEdge, taking: Taking) -> Taking | None:
        """Return a taking of a callee as its caller sees it, None when another task takes it, or no other can."""
        if edge.fact.later:
            return None
        lock, certain = taking.lock, taking.certain
        if edge.receiver != "self" and self._locks.is_of_self(taking.fact.lock):
            if edge.receiver == "fresh":
                return None
            if "@" in lock or not edge.fact.receiver_path or self._graph.linker.is_of_module(edge.fact.symbol):
                certain = False
            else:
                lock = f"{lock}@{edge.fact.receiver_path}"
        elif "@" in lock:
            certain = False  # the name means nothing to the caller
        place = edge.fact.place
        way = taking.way if place is None else (place, *taking.way)
        depends = taking.depends or taking.conditional
        return Taking(lock, certain, taking.fact, way, depends, edge.fact.conditional)

    def operations(
        self, function: str, wanted: Callable[[OperationFact], bool]
    ) -> Iterator[tuple[OperationFact, FunctionFact, tuple[Place, ...]]]:
        """Yield the operations that a call of a function may come to, nearest first, each with the way of calls to it."""
        pending: deque[tuple[str, tuple[Place, ...]]] = deque([(function, ())])
        seen = {function}
        while pending and len(seen) < _FARTHEST:
            at, way = pending.popleft()
            fact = self._graph.functions[at]
            for operation in fact.operations:
                if wanted(operation):
                    yield operation, fact, way
            for edge in self._graph.calls(at):
                if edge.callee not in seen:
                    seen.add(edge.callee)
                    place = edge.fact.place
                    pending.append((edge.callee, way if place is None else (*way, place)))
