"""Which accesses may happen at once without a common lock."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from conclint.knowledge.schema import Domain, Where
from conclint.memo import cached_property
from conclint.model.words import AccessKind, Base, Confinement
from conclint.program.alone import Alone
from conclint.program.contexts import Context, Own, Runner, in_order
from conclint.program.entering import EntryLocks
from conclint.program.graph import SOME_LOCK, UNKNOWN_LOCK
from conclint.program.objects import Objects, is_given_anew
from conclint.program.passing import Passing
from conclint.program.phases import Phases, given, has_joined
from conclint.program.tasks import Tasks, take_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from conclint.draft import Place
    from conclint.program.contexts import Contexts
    from conclint.program.graph import CallGraph
    from conclint.program.locks import LockNames
    from conclint.program.passing import Through
    from conclint.program.summary import AccessFact, FunctionFact, PhaseFact

_USERS = (Runner.USER, Runner.ANYBODY)
_LAST_WORDS = (Where.SIGNAL, Where.EXIT)
_NO_THREADS = (*_LAST_WORDS, Where.FINALIZER)


class SharedAccess(msgspec.Struct, frozen=True):
    """An access of a variable with the contexts that may make it and all locks that are surely held then.

    `alone`: when one of these makes it, the main thread seen or supposed, no other thread is running. `in_construction`:
    the object is being made, so nobody else has it.
    """

    fact: AccessFact
    function: FunctionFact
    contexts: frozenset[Context]
    locks: frozenset[str]
    alone: frozenset[Runner]
    in_construction: bool
    phases: frozenset[PhaseFact] = frozenset()
    way: tuple[Place, ...] = ()
    """Where the container is passed on the way to the code that does something to it, which is not its own function's."""

    @property
    def doer(self) -> str:
        """The name of the function whose code it is."""
        return self.fact.place.context if self.way else self.function.name

    @property
    def kind(self) -> AccessKind:
        """What is done to the variable."""
        return self.fact.kind


class Clash(msgspec.Struct, frozen=True):
    """Two accesses, perhaps one and the same, that two threads may make at once without a common lock."""

    access: SharedAccess
    other: SharedAccess
    one: Context
    two: Context


class Races:
    """Answers about the accesses of all variables of the program."""

    def __init__(self, graph: CallGraph, contexts: Contexts, locks: LockNames) -> None:
        self._graph = graph
        self._contexts = contexts
        self._locks = locks
        self._phases = Phases(graph, locks)
        self._entering = EntryLocks(graph, contexts)
        self._tasks = Tasks(graph)
        self._alone = Alone(graph, contexts)
        self._objects = Objects(graph, contexts)

    @cached_property
    def variables(self) -> dict[str, list[SharedAccess]]:
        """All accesses by variable, those aside of which the locks are not known."""
        return self._accesses[0]

    def under_some_lock(self, variable: str) -> list[SharedAccess]:
        """Return the accesses of a variable each caller of which holds a lock, another one each."""
        return self._accesses[1].get(variable, [])

    @cached_property
    def _accesses(self) -> tuple[dict[str, list[SharedAccess]], dict[str, list[SharedAccess]]]:
        """Attributes are under the most basic class that has them."""
        found: dict[str, list[SharedAccess]] = defaultdict(list)
        half_known: dict[str, list[SharedAccess]] = defaultdict(list)
        for function in self._graph.functions.values():
            contexts = self._contexts.of(function.key)
            entry = self._graph.entry_locks[function.key]
            if UNKNOWN_LOCK in entry:
                continue
            for fact in function.accesses:
                locks = self._locks.guards(entry.union(fact.locks) - {SOME_LOCK})
                alone = self._alone.at(fact, function)
                constructing = function.key in self._graph.construction and (
                    fact.base is Base.SELF or not function.is_constructor
                )
                phases = self._phases.at(function.key, fact.phases)
                runners = self._contexts.given(function.key, given(fact.phases)) if fact.phases else contexts
                access = SharedAccess(fact, function, runners, locks, alone, constructing, phases)
                (half_known if SOME_LOCK in entry else found)[self._variable(fact)].append(access)
        passing = Passing(self._graph)
        for function in self._graph.functions.values():
            for fact in function.given:
                for actual in passing.actuals(fact.variable):
                    passed = self._of_given(passing.through(function, fact, actual))
                    if passed is not None and (variable := self._variable(passed.fact)) in found:
                        found[variable].append(passed)
        return found, half_known

    def _of_given(self, through: Through | None) -> SharedAccess | None:
        """Return an access of a container under the name that it has as a parameter, as one by the function that passes it."""
        if through is None:
            return None
        user = through.user
        locks = through.locks | self._graph.entry_locks[user.key]
        if not locks.isdisjoint((UNKNOWN_LOCK, SOME_LOCK)):
            return None
        contexts = self._contexts.of(user.key)
        if through.root is not None:
            contexts = frozenset(one for one in contexts if one.root == through.root)
        alone = self._alone.at(through.fact, user)
        constructing = user.key in self._graph.construction and through.fact.base is Base.SELF
        phases = frozenset(phase for where, own in through.behind for phase in self._phases.at(where, own))
        return SharedAccess(
            through.fact, user, contexts, self._locks.guards(locks), alone, constructing, phases, through.way
        )

    def _variable(self, fact: AccessFact) -> str:
        if fact.base.is_attribute:
            owner, _, attribute = fact.variable.rpartition(".")
            return f"{self._graph.linker.owner(owner, attribute)}.{attribute}"
        return fact.variable

    def comes_first(self, access: SharedAccess) -> bool:
        """Tell an access that only the main thread makes, and only while no other thread runs."""
        return not access.fact.live and self._alone.is_set_up(access.function.key)

    def is_of_a_lock(self, variable: str) -> bool:
        """Tell an attribute of a class that is a lock itself, which knows best what it may read without one."""
        owner = variable.rpartition(".")[0]
        return self._graph.linker.is_lock(owner)

    def are_of_threads(self, locks: frozenset[str]) -> bool:
        """Tell whether some of these locks keep threads apart: asyncio's show that tasks meet, on one thread."""
        return any(self._locks.domain(lock) is not Domain.ASYNCIO for lock in locks)

    def show_sharing(self, locks: frozenset[str]) -> bool:
        """Tell locks that keep threads apart, and that more than one function can mean."""
        return self.are_of_threads(frozenset(lock for lock in locks if not self._locks.is_of_function(lock)))

    def _take_turns(self, one: SharedAccess, other: SharedAccess) -> bool:
        """Tell two sides that each wait for a semaphore first: what one releases is the other's turn."""
        return any(map(self._locks.is_semaphore, one.locks)) and any(map(self._locks.is_semaphore, other.locks))

    def clash(
        self,
        access: SharedAccess,
        others: Iterable[SharedAccess],
        counts: Callable[[SharedAccess], bool] = lambda other: other.kind.writes,
        runs: Callable[[Context], bool] = lambda context: context.is_seen,
    ) -> Clash | None:
        """Return a clash of an access with one of `others` for which `counts` holds, perhaps with itself.

        Only contexts for which `runs` holds are looked at: by default those that the program is seen to have.
        """
        for other in sorted(others, key=lambda one: (one != access, one.fact.place)):
            if not counts(other) or access.locks & other.locks:
                continue
            threads = self.parallel(access, other, runs)
            if threads is not None:
                return Clash(access, other, *threads)
        return None

    def parallel(
        self,
        one: SharedAccess,
        other: SharedAccess,
        runs: Callable[[Context], bool] = lambda context: context.is_seen,
        meet: Callable[[Context, Context], bool] = lambda _one, _other: True,
    ) -> tuple[Context, Context] | None:
        """Return two threads that may make the two accesses at the same time, if there are such for which `meet` holds."""
        if one.in_construction or other.in_construction or self._take_turns(one, other):
            return None
        if _are_alternatives(one.function, other.function):
            return None
        if self._phases.rule_out(one.phases, other.phases, other.locks):
            return None
        if self._phases.rule_out(other.phases, one.phases, one.locks):
            return None
        seconds = in_order(filter(runs, other.contexts))
        for first in in_order(filter(runs, one.contexts)) if seconds else ():
            for second in seconds:
                if not meet(first, second) or self._has_joined(one, second) or self._has_joined(other, first):
                    continue
                if not _at_once(first, second, one, other) or self._objects.are_two(first, second, one, other):
                    continue
                if self._wait_for_each_other(first, second, one, other):
                    continue
                if self._waits_for(first, second) or self._waits_for(second, first):
                    continue
                if self._objects.is_own_local(first, one) and self._objects.is_own_local(second, other):
                    continue
                if not self._hold_one_lock(first, one, second, other):
                    return first, second
        return None

    def _has_joined(self, access: SharedAccess, thread: Context) -> bool:
        return bool(access.phases) and has_joined(access.phases, thread, self._objects.owner_of(thread))

    def with_its_user(
        self, one: SharedAccess, other: SharedAccess
    ) -> tuple[Context, Context] | None:
        """Return a thread that an object has started for itself, and a user of that object, who make the two accesses at once."""

        def meet(first: Context, second: Context) -> bool:
            return self._uses(first, other, second) or self._uses(second, one, first)

        return self.parallel(one, other, lambda context: context.is_seen or context.runner in _USERS, meet)

    def _uses(self, thread: Context, access: SharedAccess, user: Context) -> bool:
        """Tell an access by a user of an object, one of whose methods has started the thread.

        What is to run when the object or the program ends is no thread that works beside its users.
        """
        if thread.root is None or user.runner not in _USERS or access.fact.base is not Base.SELF:
            return False
        if thread.where in _NO_THREADS:
            return False
        maker = self._graph.functions.get(thread.root.made_in)
        linker = self._graph.linker
        if maker is None or not maker.owner or not access.function.owner:
            return False
        return access.function.owner in linker.order(maker.owner) or maker.owner in linker.order(access.function.owner)

    def _wait_for_each_other(self, first: Context, second: Context, one: SharedAccess, other: SharedAccess) -> bool:
        """Tell a thread for which one task waits on the spot, and what that very task does else."""
        if first.number == second.number or not (first.tasks or second.tasks):
            return False
        return take_turns(*(
            self._tasks.of(access.function.key) if thread.in_main else thread.tasks
            for thread, access in ((first, one), (second, other))
        ))

    def _waits_for(self, one: Context, other: Context) -> bool:
        """Tell a thread that has handed over what the other one runs, and does nothing else until that has ended."""
        if other.root is None or not other.root.blocks or one.many:
            return False
        makers = self._contexts.of(other.root.made_in)
        return all(maker.number == one.number or (maker.in_main and one.in_main) for maker in makers)

    def _hold_one_lock(self, first: Context, one: SharedAccess, second: Context, other: SharedAccess) -> bool:
        """Tell threads that come to the two places under one lock, or perhaps one, though others come without it."""
        held = [
            self._entering.of(access.function.key, thread).union(access.fact.locks, access.locks)
            for thread, access in ((first, one), (second, other))
        ]
        unknown = any(not locks.isdisjoint((UNKNOWN_LOCK, SOME_LOCK)) for locks in held)
        return (unknown and all(held)) or bool(self._locks.guards(held[0]) & self._locks.guards(held[1]))


def _are_alternatives(one: FunctionFact, other: FunctionFact) -> bool:
    """Tell functions of which a program has one: `if sys.platform == "win32": def poll ... else: def poll ...`."""
    return any((name, not truth) in other.defined_if for name, truth in one.defined_if)


def _at_once(first: Context, second: Context, one: SharedAccess, other: SharedAccess) -> bool:
    if first.in_process or second.in_process:
        return False
    if not (_may_run(first, one.fact.confined) and _may_run(second, other.fact.confined)):
        return False
    if _owned(first, one) or _owned(second, other):
        return False
    if _of_somebody(first, one) or _of_somebody(second, other):
        return False
    if _on_loop(first, one) and (_on_loop(second, other) or second.in_main):
        return False
    if _on_loop(second, other) and first.in_main:
        return False
    if first.in_main and second.in_main:
        return False
    if first.where in _LAST_WORDS and second.where in _LAST_WORDS:
        return False  # one after the other, on the main thread
    if first.where is Where.FINALIZER and second.where is Where.FINALIZER:
        return False  # wherever something is given up: nothing shows that two threads do so
    by_turns = first.where is Where.GREENLET and AccessKind.UPDATE in (one.kind, other.kind)
    if first.number == second.number:
        keys = one.fact.key == other.fact.key and is_given_anew(first, one, one.fact.key)
        return first.many and not by_turns and not keys
    if all(context.where is Where.GREENLET or context.in_main for context in (first, second)):
        return False  # by turns, on one thread
    if first.runner in one.alone or second.runner in other.alone:
        return False
    if first.root is not None and second.root is not None:
        if first.root.lane and first.root.lane == second.root.lane:
            return False
        if first.root.place.path == second.root.place.path and second.position in first.root.apart:
            return False
    if Where.FORK in (first.where, second.where):
        return False  # a child that has just been forked has one thread
    # A signal handler interrupts the main thread, and code at exit runs when that has ended.
    return not (_before_exit(first, second) or _before_exit(second, first))


def _before_exit(one: Context, other: Context) -> bool:
    """Tell code at exit, and a thread that has ended by then."""
    return other.where is Where.EXIT and (one.in_main or (one.root is not None and not one.root.outlasts))


def _may_run(context: Context, kept: Confinement) -> bool:
    """Tell whether a thread passes the test that keeps others out; whom a variable names is not known."""
    return kept is Confinement.NONE or (kept is Confinement.MAIN and context.in_main)


def _on_loop(context: Context, access: SharedAccess) -> bool:
    """Tell code of an event loop, which runs on one thread, and unless somebody says otherwise on the main one."""
    return context.where is Where.LOOP or access.function.is_async


def _of_somebody(context: Context, access: SharedAccess) -> bool:
    """Tell an access of an object that may be another one each time: nothing shows that two threads have the same."""
    if access.fact.base is Base.SELF:
        return context.own is Own.SOMEBODYS
    if access.fact.base is Base.OTHER:
        name = access.fact.label.partition(".")[0]
        begins = context.root is not None and context.root.function == access.function.key
        return not begins or name not in access.function.parameters or is_given_anew(context, access, name)
    return False


def _owned(context: Context, access: SharedAccess) -> bool:
    """Tell an access of an object, or of what it leads to, that the running thread has made for itself."""
    return context.own is Own.ALONE and access.fact.base in (Base.SELF, Base.OTHER)
