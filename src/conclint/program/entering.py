"""The locks that a thread has taken on its way into a function, whatever others hold who call the same function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.program.graph import common_locks

if TYPE_CHECKING:
    from conclint.program.contexts import Context, Contexts
    from conclint.program.graph import CallGraph


class EntryLocks:
    """Answers for one thread, or all of one making, at a time; `CallGraph.entry_locks` are those of everybody.

    A helper that `shutdown` calls without the lock and all workers under it never meets itself in two workers.
    """

    def __init__(self, graph: CallGraph, contexts: Contexts) -> None:
        self._graph = graph
        self._contexts = contexts
        self._held: dict[int, dict[str, frozenset[str]]] = {}

    def of(self, function: str, context: Context) -> frozenset[str]:
        """Return the locks that a thread surely holds whenever it enters a function."""
        held = self._held.get(context.number)
        if held is None:
            held = self._held[context.number] = self._passed_on(context.number)
        return held.get(function, frozenset())

    def _passed_on(self, number: int) -> dict[str, frozenset[str]]:
        """Greatest fixpoint along the calls of the thread."""
        graph = self._graph
        first = self._contexts.begins(number)
        held = {key: graph.assumed(key) for key in first}
        pending = list(held)
        while pending:
            at = pending.pop()
            for edge in graph.calls(at):
                key = edge.callee
                if key in first or not graph.counts(edge) or not self._contexts.comes_to(key, number):
                    continue
                passed = graph.passed(edge, held[at] | frozenset(edge.fact.locks))
                before = held.get(key)
                now = graph.assumed(key) | (passed if before is None else common_locks(passed, before))
                if now != before:
                    held[key] = now
                    pending.append(key)
        return held
