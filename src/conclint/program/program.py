"""The linked program: which threads run a function, and which locks its callers hold."""

from __future__ import annotations

import dataclasses
import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator

from conclint.knowledge.schema import Domain, Where
from conclint.program.summary import AccessFact, CallFact, FunctionFact, ModuleSummary, RootFact

_THREADS = frozenset({Where.THREAD, Where.WORKER, Where.HELPER, Where.LOOP})


@dataclasses.dataclass(frozen=True, slots=True)
class Context:
    """A thread, or several of one making, that may run a function. `root` is None for the main thread.

    `position` is that of the root among those of its module.
    """

    root: RootFact | None
    number: int
    position: int = 0

    @property
    def many(self) -> bool:
        """Several threads of this making may be running at once."""
        return self.root is not None and self.root.many and self.position not in self.root.apart


@dataclasses.dataclass(frozen=True, slots=True)
class SharedAccess:
    """A write to a variable with the contexts that may make it and all locks that are surely held then."""

    fact: AccessFact
    function: FunctionFact
    contexts: frozenset[Context]
    locks: frozenset[str]
    alone_in_main: bool


class Program:
    """Modules linked by their summaries. A program of one module is a program."""

    def __init__(self, modules: Iterable[ModuleSummary]) -> None:
        self.modules = sorted(modules, key=lambda module: module.path)
        self.functions = {function.key: function for module in self.modules for function in module.functions}
        self.roots = [(position, root) for module in self.modules for position, root in enumerate(module.roots)]
        self.lock_labels = {key: label for module in self.modules for key, label in module.locks.items()}

    @functools.cached_property
    def _callers(self) -> dict[str, list[tuple[str, CallFact]]]:
        callers: dict[str, list[tuple[str, CallFact]]] = defaultdict(list)
        for function in self.functions.values():
            for call in function.calls:
                callers[call.callee].append((function.key, call))
        return callers

    @functools.cached_property
    def _contexts(self) -> dict[str, frozenset[Context]]:
        found: dict[str, set[Context]] = defaultdict(set)
        handed_over = {root.function for _, root in self.roots}
        for number, (position, root) in enumerate(self.roots, start=1):
            if root.where in _THREADS and root.domain is not Domain.PROCESS:
                self._reach(root.function, Context(root, number, position), found)
        main = Context(None, 0)
        for function in self.functions.values():
            called = bool(self._callers.get(function.key))
            if not function.name or (function.exported and not called and function.key not in handed_over):
                self._reach(function.key, main, found)
        return {key: frozenset(contexts) for key, contexts in found.items()}

    def _reach(self, key: str, context: Context, found: dict[str, set[Context]]) -> None:
        pending = [key]
        while pending:
            at = pending.pop()
            if at not in self.functions or context in found[at]:
                continue
            found[at].add(context)
            pending.extend(call.callee for call in self.functions[at].calls)

    def contexts(self, function: str) -> frozenset[Context]:
        """Return the threads that may run a function, by its key; none when nobody is seen to call it."""
        return self._contexts.get(function, frozenset())

    @functools.cached_property
    def _held_by_callers(self) -> dict[str, frozenset[str]]:
        """Greatest fixpoint: a function that every seen caller enters under a lock runs under that lock."""
        everything = frozenset(lock for f in self.functions.values() for c in f.calls for lock in c.locks)
        entered_bare = {root.function for _, root in self.roots}
        held = {
            key: frozenset() if key in entered_bare or not self._callers.get(key) else everything
            for key in self.functions
        }
        changed = True
        while changed:
            changed = False
            for key, before in held.items():
                if not before:
                    continue
                now = before
                for caller, call in self._callers[key]:
                    now &= held[caller] | frozenset(call.locks)
                if now != before:
                    held[key] = now
                    changed = True
        return held

    @functools.cached_property
    def _alone(self) -> frozenset[str]:
        """Functions that the main thread only calls while no other thread runs."""
        alone = {key for key in self.functions if self._callers.get(key)}
        changed = True
        while changed:
            changed = False
            for key in list(alone):
                callers = self._callers[key]
                main_calls = [(c, call) for c, call in callers if any(x.root is None for x in self.contexts(c))]
                entered = not main_calls or any(call.live for _, call in main_calls)
                if entered or any(caller not in alone and self.functions[caller].name for caller, _ in main_calls):
                    alone.discard(key)
                    changed = True
        return frozenset(alone)

    def writes(self) -> dict[str, list[SharedAccess]]:
        """Return all writes by variable."""
        found: dict[str, list[SharedAccess]] = defaultdict(list)
        for function in self.functions.values():
            contexts = self.contexts(function.key)
            for fact in function.accesses:
                locks = frozenset(fact.locks) | self._held_by_callers[function.key]
                starts = self._starts_threads(function)
                alone = not fact.live and (function.key in self._alone or starts)
                found[fact.variable].append(SharedAccess(fact, function, contexts, locks, alone))
        return found

    def _starts_threads(self, function: FunctionFact) -> bool:
        """Tell a function in which threads are seen to start, so that its order of events is the program's."""
        return any(access.live for access in function.accesses) or any(call.live for call in function.calls) or any(
            root.place.context == function.name and root.place.path == function.key.rpartition(":")[0]
            for _, root in self.roots
        )

    def parallel(self, one: SharedAccess, other: SharedAccess) -> tuple[Context, Context] | None:
        """Return two threads that may make the two accesses at the same time, if there are such."""
        for first in _in_order(one.contexts):
            for second in _in_order(other.contexts):
                if self._at_once(first, second, one, other):
                    return first, second
        return None

    def clash(
        self, access: SharedAccess, writes: Iterable[SharedAccess]
    ) -> tuple[SharedAccess, Context, Context] | None:
        """Return a write, perhaps the same one, that may happen at the same time without a common lock."""
        for other in sorted(writes, key=lambda write: (write != access, write.fact.place)):
            if access.locks & other.locks:
                continue
            threads = self.parallel(access, other)
            if threads is not None:
                return other, *threads
        return None

    def describe(self, one: Context, two: Context) -> str:
        """Return who runs something, for a message: `several threads run at once`."""
        if one == two:
            return "several threads run at once"
        if one.root is None or two.root is None:
            return "a thread and the main thread run at once" if one.root or two.root else "the main thread runs"
        return "two threads run at once"

    def describe_locks(self, access: SharedAccess, other: SharedAccess) -> str:
        """Return what is wrong with the locks of two clashing accesses, for a message."""
        guards = sorted(self.lock_labels.get(key, key) for key in other.locks)
        if guards and not access.locks:
            return f"without '{guards[0]}', which guards it on line {other.fact.place.span.line}"
        if access.locks:
            held = sorted(self.lock_labels.get(key, key) for key in access.locks)
            return f"under '{held[0]}', which the other side does not hold"
        return "without a lock"

    def _at_once(self, first: Context, second: Context, one: SharedAccess, other: SharedAccess) -> bool:
        if first == second:
            return first.many
        if first.root is None and one.alone_in_main:
            return False
        if second.root is None and other.alone_in_main:
            return False
        if first.root is not None and second.root is not None:
            if first.root.lane and first.root.lane == second.root.lane:
                return False
            if first.root.place.path == second.root.place.path and second.position in first.root.apart:
                return False
            return not (first.root.where is second.root.where is Where.LOOP)
        return True


def _in_order(contexts: Iterable[Context]) -> Iterator[Context]:
    return iter(sorted(contexts, key=lambda context: (not context.many, context.number)))
