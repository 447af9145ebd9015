"""Where a thread waits for another one while it holds what that one needs first."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from conclint.knowledge.schema import Where
from conclint.memo import cached_property
from conclint.program.contexts import Runner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.draft import Place
    from conclint.program.contexts import Contexts
    from conclint.program.graph import CallGraph
    from conclint.program.locks import LockNames
    from conclint.program.reach import Reach, Taking
    from conclint.program.summary import FunctionFact, OperationFact, RootFact

_WAKING = {"wait": frozenset({"notify", "notify_all", "set"}), "wait_for": frozenset({"notify", "notify_all"})}
_INTERRUPTING = (Where.SIGNAL,)


class Wait(msgspec.Struct, frozen=True):
    """`operation` of `function` waits, with the locks `held`. `way` leads from the function that holds them to it."""

    operation: OperationFact
    function: FunctionFact
    held: frozenset[str]
    way: tuple[Place, ...]


class Blocked(msgspec.Struct, frozen=True):
    """A wait under a lock that the one waited for needs first: `needs` tells where, `way` how that is reached."""

    wait: Wait
    lock: str
    needs: Place
    needed_in: FunctionFact
    way: tuple[Place, ...] = ()


class Interruption(msgspec.Struct, frozen=True):
    """A handler or finalizer takes a lock that the code it interrupts may hold. `holder` is where that takes it."""

    taking: Taking
    function: FunctionFact
    root: RootFact | None
    holder: Place


class Waiting:
    """Answers about what threads wait for under which locks."""

    def __init__(self, graph: CallGraph, contexts: Contexts, locks: LockNames, reach: Reach) -> None:
        self._graph = graph
        self._contexts = contexts
        self._locks = locks
        self._reach = reach

    @cached_property
    def waits(self) -> list[Wait]:
        """Every wait without an end of its own that happens under a lock of its own function."""
        found = []
        for function in self._graph.functions.values():
            for operation in function.operations:
                if operation.waits and not operation.bounded and not operation.coroutine:
                    held = self._held(operation, function)
                    if held:
                        found.append(Wait(operation, function, held, (operation.place,)))
        return found

    def _held(self, operation: OperationFact, function: FunctionFact) -> frozenset[str]:
        """Return what is held during an operation: a condition's own lock is given up while it waits."""
        held = self._locks.canonical(frozenset(operation.locks) | self._graph.entry_locks[function.key])
        return held - {self._locks.identity(operation.object)} if operation.releases else held

    def long_ones(self) -> Iterator[Wait]:
        """Yield the waits, sleeps and callbacks under a lock that is taken in several places, calls followed.

        What several functions come to under the same lock is told once, nearest to where it waits, and of what one
        function does under a lock the first.
        """
        yield from {blocked.wait.operation.place: blocked.wait for blocked in self.joins()}.values()
        told: set[tuple[Place | str, str]] = set()
        for wait in sorted(self._long_ones(), key=lambda one: (len(one.way), one.way)):
            marks = {(mark, lock) for lock in wait.held for mark in (wait.operation.place, wait.function.key)}
            if told.isdisjoint(marks):
                yield wait
            told |= marks

    def _long_ones(self) -> Iterator[Wait]:
        for function in self._graph.functions.values():
            if self._graph.linker.is_lock(function.owner):
                continue  # to make others wait is what it is for
            for operation in function.operations:
                held = self._wanted(self._held(operation, function)) if _is_long(operation, function) else frozenset()
                if held:
                    yield Wait(operation, function, held, (operation.place,))
            for edge in self._graph.calls(function.key):
                if not edge.fact.locks or edge.fact.place is None:
                    continue
                held = self._wanted(self._locks.canonical(edge.fact.locks))
                if not held:
                    continue
                for operation, waiting, way in self._reach.operations(edge.callee, _may_be_long):
                    if _is_long(operation, waiting):
                        yield Wait(operation, function, held, (edge.fact.place, *way, operation.place))
                        break

    def _wanted(self, held: frozenset[str]) -> frozenset[str]:
        """Return those of some locks that others wait for, in another place or thread.

        A lock that a framework holds around what it calls is nobody's choice here.
        """
        return frozenset(
            lock
            for lock in held - self._of_frameworks
            if self._locks.is_known(lock)
            and (
                len(takers := self._waiting_takers.get(lock, ())) > 1
                or any(context.many for _, key in takers for context in self._contexts.of(key))
            )
        )

    @cached_property
    def _of_frameworks(self) -> frozenset[str]:
        assumed = (self._graph.functions[key].assumed for key in self._graph.handed_over)
        return self._locks.canonical(lock for locks in assumed for lock in locks)

    @cached_property
    def _waiting_takers(self) -> dict[str, list[tuple[Place, str]]]:
        found: dict[str, list[tuple[Place, str]]] = defaultdict(list)
        for function in self._graph.functions.values():
            for fact in function.acquires:
                if fact.timed or not fact.tried:
                    found[self._locks.identity(fact.lock)].append((fact.place, function.key))
        return found

    def joins(self) -> Iterator[Blocked]:
        """Yield the joins under a lock that the joined thread's own code takes."""
        for wait in self.waits:
            if wait.operation.word != "join" or wait.operation.waits not in ("thread", "process"):
                continue
            for root in self._roots_of(wait.operation):
                for target in self._graph.targets(root):
                    for taking in self._reach.taken(target):
                        if taking.lock in wait.held:
                            runs = self._graph.functions[target]
                            yield Blocked(wait, taking.lock, taking.fact.place, runs, taking.way[:-1])
                            break

    def _roots_of(self, operation: OperationFact) -> list[RootFact]:
        return [root for _, root in self._graph.roots if not set(root.sites).isdisjoint(operation.sites)]

    def wake_ups(self) -> Iterator[Blocked]:
        """Yield the waits for a condition or event under another lock that everybody who wakes them up needs first."""
        for wait in self.waits:
            waking = _WAKING.get(wait.operation.word)
            if waking is None or not wait.operation.object:
                continue
            wakers = [
                (operation, function)
                for operation, function in self._by_object[self._locks.identity(wait.operation.object)]
                if operation.word in waking and function is not wait.function
            ]
            for lock in sorted(wait.held):
                if wakers and all(lock in self._held_by(operation, function) for operation, function in wakers):
                    operation, function = wakers[0]
                    yield Blocked(wait, lock, operation.place, function)
                    break

    def _held_by(self, operation: OperationFact, function: FunctionFact) -> frozenset[str]:
        return self._locks.canonical(frozenset(operation.locks) | self._graph.entry_locks[function.key])

    @cached_property
    def _by_object(self) -> dict[str, list[tuple[OperationFact, FunctionFact]]]:
        found: dict[str, list[tuple[OperationFact, FunctionFact]]] = defaultdict(list)
        for function in self._graph.functions.values():
            for operation in function.operations:
                if operation.object:
                    found[self._locks.identity(operation.object)].append((operation, function))
        return found

    def finalizers(self) -> Iterator[Interruption]:
        """Yield the locks that finalizers take and other code holds, wherever garbage collection may happen."""
        for function in self._graph.functions.values():
            if function.owner and function.name.endswith(".__del__"):
                yield from self._interruptions(function.key, None)
        for _, root in self._graph.roots:
            if root.where is Where.FINALIZER:
                for key in self._graph.targets(root):
                    yield from self._interruptions(key, root)

    def signal_handlers(self) -> Iterator[Interruption]:
        """Yield the locks that signal handlers take and the main thread holds when it is interrupted."""
        handlers: dict[str, RootFact] = {}
        for _, root in self._graph.roots:
            if root.where in _INTERRUPTING:
                for key in self._graph.targets(root):
                    handlers.setdefault(key, root)  # most serve several signals
        for key, root in handlers.items():
            yield from self._interruptions(key, root, main_only=True)

    def _interruptions(self, key: str, root: RootFact | None, *, main_only: bool = False) -> Iterator[Interruption]:
        seen: set[str] = set()
        told: set[Place] = set()  # of several locks behind one call, the first is enough
        for taking in self._reach.taken(key):
            own = root is None and taking.certain and self._locks.is_of_self(taking.fact.lock)
            # A program has one object of most classes that its signal handlers reach; an object that is gone had its own.
            lock, part, _ = taking.lock.partition("@") if main_only else (taking.lock, "", "")
            if own or lock in seen or taking.way[0] in told or self._locks.is_reentrant(lock):
                continue  # nobody else can hold the lock of an object that is gone
            holder = self._holder(lock, key, taking.fact.place if part else None, main_only=main_only)
            if holder is not None:
                seen.add(lock)
                told.add(taking.way[0])
                yield Interruption(taking, self._graph.functions[key], root, holder)

    def _holder(self, lock: str, handler: str, taken: Place | None, *, main_only: bool) -> Place | None:
        for place, key in self._takers.get(lock, ()):
            if key == handler or place == taken:
                continue
            if not main_only or any(one.runner is not Runner.ROOT for one in self._contexts.of(key)):
                return place
        return None

    @cached_property
    def _takers(self) -> dict[str, list[tuple[Place, str]]]:
        found: dict[str, list[tuple[Place, str]]] = defaultdict(list)
        for function in self._graph.functions.values():
            for fact in function.acquires:
                found[self._locks.identity(fact.lock)].append((fact.place, function.key))
        return found

    def handlers_that_write(self) -> Iterator[tuple[RootFact, FunctionFact, OperationFact, tuple[Place, ...]]]:
        """Yield what signal handlers come to that the interrupted code may be in the middle of, once for each function."""
        for _, root in self._graph.roots:
            if root.where not in _INTERRUPTING:
                continue
            for key in self._graph.targets(root):
                told: set[str] = set()
                for operation, function, way in self._reach.operations(key, lambda one: one.reentrant is False):
                    if function.key not in told:
                        told.add(function.key)
                        yield root, self._graph.functions[key], operation, way


def _is_long(operation: OperationFact, function: FunctionFact) -> bool:
    """Tell what may wait long, in a function that has not just started the thread which ends the wait."""
    handshake = operation.waits == "event" and any(one.word == "start" for one in function.operations)
    return _may_be_long(operation) and not handshake


def _may_be_long(operation: OperationFact) -> bool:
    if operation.word == "hook":
        return True
    if operation.releases or operation.waits == "lock" or (operation.word == "join" and operation.sites):
        return False  # these have rules of their own
    if operation.waits == "io" and operation.label and not operation.name.startswith("multiprocessing."):
        return False  # a lock around the use of a connection is there to have its users take turns
    if operation.name.startswith("ssl."):
        return False  # reads certificates
    if operation.waits == "time" and operation.computed:
        return False  # to hold others up for as long as it takes is the purpose
    return bool(operation.waits) and not operation.bounded and not operation.coroutine
