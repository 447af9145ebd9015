"""The linked program: which threads run a function, which locks are held there, and which accesses clash."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from conclint.memo import cached_property
from conclint.program.beliefs import Breach, bare_uses, late_uses, overruns, stale_uses
from conclint.program.callers import Uncovered, uncovered_calls
from conclint.program.conflicts import Conflict, conflicts
from conclint.program.contexts import Context, Contexts
from conclint.program.deadlocks import Deadlocks
from conclint.program.forked import Forked
from conclint.program.graph import CallGraph
from conclint.program.handovers import misfits
from conclint.program.linking import Linker
from conclint.program.locks import LockNames
from conclint.program.loops import Loops
from conclint.program.promises import Promises
from conclint.program.races import Clash, Races, SharedAccess
from conclint.program.reach import Reach
from conclint.program.surroundings import Surroundings
from conclint.program.task_waits import TaskWait, TaskWaits
from conclint.program.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conclint.program.summary import CallFact, FunctionFact, MisfitFact, ModuleSummary, OperationFact


class Program:
    """Modules linked by their summaries. A program of one module is a program.

    Of `unread` modules nothing is known but path and name. `before` is the program while more of the same were unread.
    """

    def __init__(
        self, modules: Iterable[ModuleSummary], unread: Iterable[ModuleSummary] = (), before: Program | None = None
    ) -> None:
        self.modules = sorted(modules, key=lambda module: module.path)
        self.linker: Linker = Linker([*self.modules, *unread], before.linker if before is not None else None)
        self.graph = CallGraph(self.modules, self.linker)
        self.locks = LockNames(self.modules, self.linker)

    @property
    def functions(self) -> dict[str, FunctionFact]:
        """The functions of the program by key."""
        return self.graph.functions

    @cached_property
    def _contexts(self) -> Contexts:
        return Contexts(self.graph)

    @cached_property
    def races(self) -> Races:
        """Which accesses of variables may happen at once."""
        return Races(self.graph, self._contexts, self.locks)

    @cached_property
    def reach(self) -> Reach:
        """What a call of a function may lead to."""
        return Reach(self.graph, self.locks)

    @cached_property
    def deadlocks(self) -> Deadlocks:
        """The order in which locks are taken."""
        return Deadlocks(self.graph, self._contexts, self.locks, self.reach)

    @cached_property
    def waiting(self) -> Waiting:
        """Where threads wait while they hold a lock."""
        return Waiting(self.graph, self._contexts, self.locks, self.reach)

    @cached_property
    def forked(self) -> Forked:
        """What becomes of threads at a fork."""
        return Forked(self.graph)

    @cached_property
    def surroundings(self) -> Surroundings:
        """What is done in a thread or process where it does not belong."""
        return Surroundings(self.modules, self.graph, self._contexts, self.races)

    @cached_property
    def loops(self) -> Loops:
        """Where threads meet event loops."""
        return Loops(self.graph, self._contexts, self.locks, self.waiting)

    @cached_property
    def promises(self) -> Promises:
        """Where declared contracts about locks are broken."""
        return Promises(self.modules, self.graph, self.races, self.locks)

    @cached_property
    def conflicts(self) -> list[Conflict]:
        """The races worth telling, at most one for each function and variable."""
        return conflicts(self.races)

    def task_waits(self) -> Iterator[TaskWait]:
        """Yield where the end of tasks is waited for under the lock of the object that they were handed to."""
        return TaskWaits(self.graph, self.locks, self.reach).found()

    def bare_uses(self) -> Iterator[Breach]:
        """Yield the calls of methods on objects that go past the lock of nearly all others."""
        return bare_uses(self.races)

    def stale_uses(self) -> Iterator[Breach]:
        """Yield the uses of what a test has just seen, past the lock under which others take it away."""
        return stale_uses(self.races)

    def late_uses(self) -> Iterator[Breach]:
        """Yield the uses of a number of a process or open file past the lock under which it is given up."""
        return late_uses(self.races)

    def uncovered_calls(self) -> Iterator[Uncovered]:
        """Yield the calls without the lock that the callee says its callers hold, as most of them do."""
        return uncovered_calls(self.graph, self._contexts, self.locks)

    def overruns(self) -> Iterator[Clash]:
        """Yield the places where a class that takes locks keeps a number within a limit without one."""
        return overruns(self.races)

    def misfits(self) -> Iterator[MisfitFact]:
        """Yield the callables that are handed over with arguments which they don't take."""
        return misfits(self.modules, self.linker)

    def contexts(self, function: str) -> frozenset[Context]:
        """Return the threads that may run a function, by its key; none when nobody is seen to call it."""
        return self._contexts.of(function)

    def path(self, function: str, context: Context) -> tuple[FunctionFact, ...]:
        """Return the functions through which a thread comes to a function, the one that is handed over first."""
        return tuple(self.functions[key] for key in self._contexts.path(function, context))

    def way(self, function: str, context: Context) -> Iterator[tuple[CallFact, FunctionFact]]:
        """Yield the calls through which a thread comes to a function, each with what it calls."""
        path = self._contexts.path(function, context)
        for caller, callee in itertools.pairwise(path):
            call = next((edge.fact for edge in self.graph.calls(caller) if edge.callee == callee), None)
            if call is not None:
                yield call, self.functions[callee]

    def operations(self) -> Iterator[tuple[OperationFact, FunctionFact]]:
        """Yield every operation on a primitive or the process, with the function that does it."""
        for function in self.functions.values():
            for operation in function.operations:
                yield operation, function

    def held(self, function: str, locks: Iterable[str]) -> frozenset[str]:
        """Return the identities of the locks held at a place: those held there by itself, and those of every caller."""
        return self.locks.canonical(frozenset(locks) | self.graph.entry_locks[function])


__all__ = ["Program", "SharedAccess"]
