"""Which threads may run a function: from roots through the call graph."""

from __future__ import annotations

import enum
from collections import defaultdict, deque
from typing import TYPE_CHECKING

import msgspec

from conclint.knowledge.schema import Domain, Where
from conclint.model.words import Confinement
from conclint.program.tasks import Task, Tasks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conclint.program.graph import CallEdge, CallGraph
    from conclint.program.summary import FunctionFact, RootFact

_APART = (Domain.PROCESS, Domain.INTERPRETER)


class Own(enum.Enum):
    """Whose object `self` is, seen from the thread."""

    __hash__ = object.__hash__  # that of enum.Enum is written in Python

    SHARED = "shared"  # several threads have it
    CAPTURED = "captured"  # a local of the function that has started the thread, or of one around, holds it
    SOMEBODYS = "somebody's"  # it was reached through other objects, and may be another one each time
    DISTINCT = "distinct"  # each run of the root has one of its own, though others may reach it
    ALONE = "alone"  # the thread has made it and given it to nobody


class Runner(enum.Enum):
    """What runs a function."""

    __hash__ = object.__hash__  # that of enum.Enum is written in Python

    MAIN = "main"  # code at module level, and what it calls
    USER = "user"  # code that is not to be seen, and may call what is exported
    ROOT = "root"
    ANYBODY = "anybody"  # users of a class or module that locks: it is meant for several threads


class Context(msgspec.Struct, frozen=True, cache_hash=True):
    """A thread, or several of one making, that may run a function. `root` is None where no thread is seen to start.

    `position` is that of the root among those of its module.
    """

    root: RootFact | None
    number: int
    position: int = 0
    runner: Runner = Runner.MAIN
    own: Own = Own.SHARED
    tasks: frozenset[Task] = frozenset()
    """Those which wait on the spot until it has ended."""

    @property
    def many(self) -> bool:
        """Several threads of this making may be running at once."""
        if self.runner is Runner.ANYBODY:
            return True
        return self.root is not None and self.root.many and self.position not in self.root.apart

    @property
    def in_main(self) -> bool:
        """It is the main thread, or an unseen caller who as likely as not is the main thread."""
        return self.runner in (Runner.MAIN, Runner.USER)

    @property
    def is_seen(self) -> bool:
        """The program is seen to run it: no unseen caller is supposed.

        What a library calls in the thread of whoever calls the library (a handler of log records) runs in threads that
        are only supposed.
        """
        return self.runner is Runner.MAIN or (self.runner is Runner.ROOT and self.where is not Where.CALLER)

    @property
    def where(self) -> Where | None:
        """Where it runs, None for the main thread and for anybody."""
        return self.root.where if self.root is not None else None

    @property
    def in_process(self) -> bool:
        """It runs in a process or interpreter of its own, which shares no variables."""
        return self.root is not None and (
            self.root.domain in _APART or self.root.where in (Where.PROCESS, Where.INTERPRETER)
        )

    @property
    def in_thread(self) -> bool:
        """It runs in a thread other than the one that imported the program."""
        return self.root is not None and self.root.where in (Where.THREAD, Where.WORKER, Where.HELPER) and (
            self.root.domain in (Domain.THREAD, Domain.ASYNCIO)  # run_in_executor's default workers are threads
        )

    def owning(self, own: Own) -> Context:
        """Return the same thread with another relation to `self`."""
        return self if own is self.own else msgspec.structs.replace(self, own=own)


MAIN = Context(None, 0)
USER = Context(None, -2, runner=Runner.USER)
ANYBODY = Context(None, -1, runner=Runner.ANYBODY)
_NOBODY: frozenset[Context] = frozenset()


class Contexts:
    """The contexts of every function, and how each comes there."""

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph
        self._found: dict[str, set[Context]] = defaultdict(set)
        self._all: dict[str, frozenset[Context]] = {}
        self._entered: dict[str, set[tuple[Context, tuple[str, ...]]]] = {
            edge.callee: set() for key in graph.functions for edge in graph.calls(key) if edge.fact.nones
        }
        self._came_from: dict[tuple[str, Context], tuple[str, Context] | None] = {}
        self._begins: dict[int, set[str]] = defaultdict(set)
        self._tasks = Tasks(graph)
        roots = [(number, *root) for number, root in enumerate(graph.roots, start=1)]
        for number, position, root in roots:
            if not root.awaited:
                self._begin(root, number, position)
        self._reach((key for key in graph.entries if not graph.functions[key].name), MAIN)
        self._reach((key for key in graph.entries if graph.functions[key].name), USER)
        self._reach(graph.used_by_anybody(), ANYBODY)
        for number, position, root in roots:
            if root.awaited:
                self._begin(root, number, position)
        self._all = {key: frozenset(contexts) for key, contexts in self._found.items()}

    def _begin(self, root: RootFact, number: int, position: int) -> None:
        """Follow a root; one that a coroutine waits for runs several times at once only if several tasks wait.

        Where it is only supposed that there are several tasks, each may as well have an object of its own, unless the class
        takes locks.
        """
        own = Own.SHARED if root.shares_object else Own.DISTINCT
        context = Context(root, number, position, Runner.ROOT, own)
        tasks = self._tasks.of(root.made_in) if root.awaited else frozenset()
        if tasks:
            loops = self.of(root.made_in)
            several = len([task for task in tasks if task.seen]) > 1 or any(task.many for task in tasks)
            several = several or any(one.many for one in loops if one.is_seen)
            many = several or len(tasks) > 1 or any(root.many and not task.seen for task in tasks)
            if not several and not self._takes_locks(root.function):
                own = Own.DISTINCT
            context = msgspec.structs.replace(context, root=msgspec.structs.replace(root, many=many), own=own, tasks=tasks)
        self._reach(self._graph.targets(root), context)

    def _takes_locks(self, function: str) -> bool:
        fact = self._graph.functions.get(function)
        return fact is not None and fact.owner in self._graph.locking_classes

    def of(self, function: str) -> frozenset[Context]:
        """Return the contexts of a function by its key; none when nobody is seen to call it."""
        return self._all.get(function, _NOBODY) if self._all else frozenset(self._found.get(function, ()))

    def begins(self, number: int) -> frozenset[str]:
        """Return the functions that threads of a number begin with."""
        return frozenset(self._begins[number])

    def comes_to(self, function: str, number: int) -> bool:
        """Tell whether threads of a number come to a function."""
        return any(context.number == number for context in self._found.get(function, ()))

    def given(self, function: str, parameters: frozenset[str]) -> frozenset[Context]:
        """Return the contexts that come to a function with something for all of some parameters, and not with None."""
        entered = self._entered.get(function)
        if not parameters or entered is None:
            return self.of(function)
        return frozenset(context for context, nones in entered if parameters.isdisjoint(nones))

    def path(self, function: str, context: Context) -> tuple[str, ...]:
        """Return the keys of the functions through which a context comes to a function, the root's own first."""
        found = [function]
        at = self._came_from.get((function, context))
        while at is not None:
            found.append(at[0])
            at = self._came_from.get(at)
        return tuple(reversed(found))

    def _reach(self, first: Iterable[str], context: Context) -> None:
        """Follow the calls of the functions that a context begins with, on the shortest ways.

        Where it is still the object that the context began with whose methods run, its parts are as much of the
        context's own as it is itself.
        """
        beginning = list(first)
        self._begins[context.number].update(beginning)
        pending: deque[tuple[str, Context, tuple[str, Context] | None, bool]] = deque(
            (key, context, None, True) for key in beginning
        )
        on_first: set[tuple[str, Context]] = set()
        related = {context.own: context}  # the same thread by its relation to `self`
        while pending:
            at, running, before, is_first = pending.popleft()
            if before is None and at in self._entered:
                self._entered[at].add((running, ()))
            here, found = (at, running), self._found[at]
            if at not in self._graph.functions or (here in on_first if is_first else running in found):
                continue
            if is_first:
                on_first.add(here)
            if running not in found:
                found.add(running)
                self._came_from[here] = before
            for edge in self._graph.calls(at):
                callee, receiver, fact = edge.callee, edge.receiver, edge.fact
                if fact.confined is Confinement.MAIN and not running.in_main:
                    continue
                own = _owned(running.own, receiver, first=is_first, begins=before is None)
                if own is Own.SHARED and before is None and self._is_anew(running.root, edge):
                    own = Own.DISTINCT
                passed = related.get(own)
                if passed is None:
                    passed = related[own] = context.owning(own)
                if callee in self._entered:
                    self._entered[callee].add((passed, fact.nones))
                still_first = is_first and receiver == "self"
                if still_first or passed not in self._found[callee]:
                    pending.append((callee, passed, here, still_first))

    def _is_anew(self, root: RootFact | None, edge: CallEdge) -> bool:
        """Tell a call of a method of what each run of a root is given another one of."""
        if root is None or not root.anew or edge.receiver != "parameter" or root.function != edge.caller:
            return False
        return edge.fact.receiver_path in given_anew(root, self._graph.functions[edge.caller])


def given_anew(root: RootFact, function: FunctionFact) -> frozenset[str]:
    """Return the parameters of the function that a root begins with for which each run is given something else."""
    if not root.anew:
        return frozenset()
    names = function.parameters[bool(function.owner) and function.parameters[:1] in (("self",), ("cls",)) :]
    return frozenset(
        names[int(one)] if one.isdecimal() else one for one in root.anew if not one.isdecimal() or int(one) < len(names)
    )


def _owned(own: Own, receiver: str, *, first: bool, begins: bool) -> Own:
    """Return whose object a callee's `self` is.

    `begins` tells that the caller is what was handed over or is there for anybody, `first` that it is a method of the
    same object.
    """
    if receiver == "fresh":
        return Own.ALONE
    if receiver == "common":
        return Own.SHARED
    if receiver == "captured":
        return Own.CAPTURED
    if receiver == "self" or own is Own.ALONE or (receiver == "part" and first):
        return own
    # What a thread's own function was given, others may well have too.
    return Own.SHARED if receiver == "none" or (receiver == "parameter" and begins) else Own.SOMEBODYS


def in_order(contexts: Iterable[Context]) -> list[Context]:
    """Return contexts those first of which there are many, then in the order of their roots."""
    return sorted(contexts, key=lambda context: (not context.many, context.number, context.own.value))
