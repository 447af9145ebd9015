"""In which tasks coroutines run: what is awaited goes on in the task of who awaits it, what is only made in one of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from conclint.program.graph import CallEdge, CallGraph


class Task(NamedTuple):
    """A task, by the call that makes it or the function that nobody is seen to call; `many` may be running at once."""

    begins: str
    many: bool = False
    seen: bool = True


class Tasks:
    """Answers which tasks a function runs in, all of which may take turns on one event loop."""

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph

    def of(self, function: str) -> frozenset[Task]:
        """Return the tasks in which a function may run, by its key."""
        found: set[Task] = set()
        seen = {function}
        pending = [function]
        while pending:
            at = pending.pop()
            edges = self._graph.callers.get(at, [])
            if not edges or at in self._graph.handed_over:
                found.add(Task(at, seen=not self._graph.functions[at].name))
            for edge in edges:
                if edge.fact.later:
                    found.add(self._made(edge))
                elif edge.caller not in seen:
                    seen.add(edge.caller)
                    pending.append(edge.caller)
        return frozenset(found)

    def _made(self, edge: CallEdge) -> Task:
        calls = self._graph.functions[edge.caller].calls
        return Task(f"{edge.caller}@{calls.index(edge.fact)}", edge.fact.repeated)


def take_turns(ones: frozenset[Task], others: frozenset[Task]) -> bool:
    """Tell tasks that are all one and the same, so that of two things each has to wait for the other."""
    return bool(ones and others) and not any(one != other or one.many for one in ones for other in others)
