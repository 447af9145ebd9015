"""Where the end of tasks is waited for under a lock that the tasks may need: they run what users have handed in.

What a user hands in may use the object that runs it. If a thread that holds the lock which most methods for users take
waits until all tasks have ended, such a task never does.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from conclint.knowledge.schema import Domain, Primitive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.draft import Place
    from conclint.program.graph import CallGraph
    from conclint.program.locks import LockNames
    from conclint.program.reach import Reach
    from conclint.program.summary import FunctionFact, OperationFact

_FEWEST = 4
"""So many methods for users must take a lock before it counts as the one that guards the object."""


class TaskWait(NamedTuple):
    """At `place`, under `lock`, `function` comes to a `wait` until all tasks have ended; a `task` may be anybody's code.

    `taker` is one of the methods for users that take the lock, at `taken`.
    """

    place: Place
    function: FunctionFact
    lock: str
    wait: OperationFact
    task: OperationFact
    taker: FunctionFact
    taken: Place


class TaskWaits:
    """Finds the waits for tasks under a lock of the object that takes them."""

    def __init__(self, graph: CallGraph, locks: LockNames, reach: Reach) -> None:
        self._graph = graph
        self._locks = locks
        self._reach = reach

    def found(self) -> Iterator[TaskWait]:
        """Yield the waits, each at the call that is made under the lock, once for each function."""
        waits = any(_waits_for_tasks(one) for function in self._graph.functions.values() for one in function.operations)
        tasks = self._tasks() if waits else {}
        guards = self._guards() if tasks else {}
        for function in self._graph.functions.values() if guards else ():
            found = next(self._of(function, tasks, guards), None)
            if found is not None:
                yield found

    def _of(
        self, function: FunctionFact, tasks: dict[str, OperationFact], guards: dict[str, dict[str, Place]]
    ) -> Iterator[TaskWait]:
        ways = [(one.place, one.locks, one) for one in function.operations if _waits_for_tasks(one)]
        for edge in self._graph.calls(function.key):
            if edge.fact.locks and edge.fact.place is not None:
                for operation, _, _ in self._reach.operations(edge.callee, _waits_for_tasks):
                    ways.append((edge.fact.place, edge.fact.locks, operation))
        for place, held, wait in ways:
            task = tasks.get(self._locks.identity(wait.object))
            for lock in sorted(self._locks.canonical(held)) if task is not None else ():
                others = {key: taken for key, taken in guards.get(lock, {}).items() if key != function.key}
                if others and task is not None:
                    taker = max(others, key=lambda key: others[key])
                    yield TaskWait(place, function, lock, wait, task, self._graph.functions[taker], others[taker])

    def _tasks(self) -> dict[str, OperationFact]:
        """Return by pool the calls of what was handed in that its tasks come to."""
        found: dict[str, OperationFact] = {}
        for _, root in self._graph.roots:
            if root.pool:
                for target in self._graph.targets(root):
                    calls = self._reach.operations(target, lambda one: one.word == "task")
                    first = next(calls, None)
                    if first is not None:
                        found.setdefault(self._locks.identity(root.pool), first[0])
        return found

    def _guards(self) -> dict[str, dict[str, Place]]:
        """Return the locks that most of the methods for users take which take a lock of their class, with all of them."""
        takers: dict[str, dict[str, dict[str, Place]]] = defaultdict(lambda: defaultdict(dict))
        for function in self._graph.functions.values():
            if not function.exported or function.is_constructor or not function.owner:
                continue
            for fact in function.acquires:
                lock = self._locks.identity(fact.lock)
                if not fact.tried and self._locks.is_of_self(fact.lock) and self._locks.domain(lock) is Domain.THREAD:
                    takers[lock.rpartition(".")[0]][lock].setdefault(function.key, fact.place)
        found: dict[str, dict[str, Place]] = {}
        for by_lock in takers.values():
            all_ = {key for keys in by_lock.values() for key in keys}
            enough = max(_FEWEST, len(all_) / 2)
            found.update((lock, keys) for lock, keys in by_lock.items() if len(keys) >= enough)
        return found


def _waits_for_tasks(operation: OperationFact) -> bool:
    return (
        operation.word == "shutdown"
        and operation.kind in (Primitive.EXECUTOR, Primitive.POOL)
        and bool(operation.waits)
        and not operation.bounded
    )
