"""The call graph of the program, and what every caller of a function holds."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from conclint.knowledge.schema import Domain, Where
from conclint.memo import cached_property
from conclint.program.linking import Linker
from conclint.source.naming import is_test

UNKNOWN_LOCK = "?"
"""Stands for a lock of which it is only known that somebody holds it."""
SOME_LOCK = "??"
"""Stands for a lock that each caller holds, another one each."""
_NO_LOCKS: frozenset[str] = frozenset()
_LOCALS = "<locals>"
_AFTER_FORK = re.compile(r"(?:after|at|on)_?(?:in_child_?)?(?:after_?)?fork|fork_?(?:reinit|reset)")

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conclint.program.summary import AcquireFact, CallFact, FunctionFact, ModuleSummary, RootFact


class CallEdge(msgspec.Struct, frozen=True):
    """A call of one function of the program by another. `receiver` as in `CallFact`."""

    caller: str
    callee: str
    receiver: str
    fact: CallFact


def _is_test_of(callee: str, caller: str) -> bool:
    """Tell what a test puts in the place of a method, for itself: that says nothing of the code that calls it."""
    return is_test(callee.partition(":")[0]) and not is_test(caller.partition(":")[0])


class CallGraph:
    """Who calls whom, across modules; what may be called from outside; which locks every caller holds."""

    def __init__(self, modules: Sequence[ModuleSummary], linker: Linker) -> None:
        self.linker = linker
        self.functions: dict[str, FunctionFact] = linker.functions
        self.roots = [(position, root) for module in modules for position, root in enumerate(module.roots)]
        self._modules = modules
        self._calls: dict[str, list[CallEdge]] = {}

    def calls(self, key: str) -> list[CallEdge]:
        """Return the calls that a function makes of functions of the program, overrides included."""
        known = self._calls.get(key)
        if known is None:
            known = self._calls[key] = []
            resolve = self.linker.resolve
            for fact in self.functions[key].calls:
                meant = fact.callee or resolve(fact.symbol, key)
                if meant:
                    known += [
                        CallEdge(key, callee, receiver, fact)
                        for callee, receiver in self._callees(key, meant, fact)
                        if not self._is_for_a_test(key, callee)
                    ]
        return known

    def _is_for_a_test(self, caller: str, callee: str) -> bool:
        """Tell a test's call of what is private to the code that it tests: that shows nothing of how it is used."""
        if self.functions[callee].exported:
            return False
        return is_test(caller.partition(":")[0]) and not is_test(callee.partition(":")[0])

    def _callees(self, caller: str, callee: str, fact: CallFact) -> Iterator[tuple[str, str]]:
        """Yield what the call of a function or class may run, each with the receiver: that of a class makes the object itself."""
        receiver = "self" if fact.receiver == "super" else fact.receiver
        if callee in self.linker.classes:
            callee, receiver = self.linker.method(callee, "__init__"), "fresh"
        if callee not in self.functions:
            return
        yield callee, receiver
        function = self.functions[callee]
        if not function.owner or fact.receiver == "super" or not (fact.receiver == "self" or function.is_stub):
            return
        for override in self.linker.overrides(callee):
            # A class inside a function is nobody's but that function's.
            own = fact.receiver == "self" or _LOCALS not in self.functions[override].name
            if own and not _is_test_of(override, caller) and self._is_run_by(caller, self.functions[override].owner):
                yield override, receiver

    def _is_run_by(self, method: str, cls: str) -> bool:
        """Tell whether objects of a derived class may run a method: not if they have one of their own that does not call it."""
        function = self.functions[method]
        if function.owner not in self.linker.order(cls):
            return True
        return self.linker.method(cls, function.name.rpartition(".")[2]) == method or self._calls_super(cls)

    def _calls_super(self, cls: str) -> bool:
        methods = self.linker.classes[cls].methods.values()
        return any(call.receiver == "super" for key in methods if key in self.functions for call in self.functions[key].calls)

    @cached_property
    def callers(self) -> dict[str, list[CallEdge]]:
        """The calls of each function."""
        found: dict[str, list[CallEdge]] = defaultdict(list)
        for key in self.functions:
            for edge in self.calls(key):
                found[edge.callee].append(edge)
        return found

    def targets(self, root: RootFact) -> list[str]:
        """Return the keys of the functions that a root runs."""
        key = root.function or self.linker.resolve(root.symbol, root.made_in)
        if key in self.linker.classes:
            key = self.linker.method(key, "__init__")
        if key not in self.functions:
            return []
        return [key, *self.linker.overrides(key)]

    @cached_property
    def handed_over(self) -> frozenset[str]:
        """The functions that something else than a call runs."""
        return frozenset(key for _, root in self.roots for key in self.targets(root))

    @cached_property
    def entries(self) -> list[str]:
        """What the main thread runs: code at module level, and what is there for others and nobody here calls."""
        callers, handed_over = self.callers, self.handed_over
        return [
            key
            for key, function in self.functions.items()
            if not function.name or (function.exported and not callers.get(key) and key not in handed_over)
        ]

    @cached_property
    def locking_classes(self) -> frozenset[str]:
        """The classes with a lock of their own or inherited, which some method takes."""
        taken = {acquire.lock for acquire in self._acquires} - self._of_tasks
        owners = {lock.partition("@")[0].rpartition(".")[0] for lock in taken}
        return frozenset(
            key for key in self.linker.classes if any(owner in owners for owner in self.linker.order(key))
        )

    @cached_property
    def _acquires(self) -> list[AcquireFact]:
        return [acquire for function in self.functions.values() for acquire in function.acquires]

    def _is_of_window(self, cls: str) -> bool:
        return any(self.linker.classes[key].of_window for key in self.linker.order(cls))

    def lock_taken_by(self, owner: str) -> AcquireFact | None:
        """Return where a method takes a lock of a class or of one of its bases, which shows that threads share its objects."""
        classes = set(self.linker.order(owner)) if owner in self.linker.classes else set()
        own = (one for one in self._acquires if one.lock.partition("@")[0].rpartition(".")[0] in classes)
        return min(own, key=lambda one: one.place, default=None)

    @cached_property
    def _of_tasks(self) -> frozenset[str]:
        """The locks that keep tasks apart, all of which run on one thread."""
        return frozenset(
            lock.key for module in self._modules for lock in module.locks if lock.domain is Domain.ASYNCIO
        )

    def used_by_anybody(self) -> Iterator[str]:
        """Yield what users of the program may call from any thread, by its own evidence: its class or module locks.

        Objects of a toolkit for windows are used in the thread of the window alone, whatever locks they have. What a class
        has its own threads run is there for nobody else.
        """
        own = {root.function for _, root in self.roots if self._is_own_run(root)}
        globals_locked = {
            module.path
            for module in self._modules
            for function in module.functions
            if any(
                acquire.lock.startswith(f"{module.path}:global ") and acquire.lock not in self._of_tasks
                for acquire in function.acquires
            )
        }
        for key, function in self.functions.items():
            if not function.exported or function.is_constructor or not function.name:
                continue
            if function.owner:
                if key in own and not self.callers.get(key):
                    continue
                if function.owner in self.locking_classes and not self._is_of_window(function.owner):
                    yield key
            elif key.partition(":")[0] in globals_locked and not self.callers.get(key) and key not in self.handed_over:
                yield key

    def _is_own_run(self, root: RootFact) -> bool:
        """Tell `run` of a Thread subclass, and a method that another one of the same object hands over."""
        run, maker = self.functions.get(root.function), self.functions.get(root.made_in)
        if root.where is not Where.THREAD or run is None or not run.owner:
            return False
        return not root.shares_object or (
            not root.object and maker is not None and run.owner in self.linker.order(maker.owner)
        )

    @cached_property
    def construction(self) -> frozenset[str]:
        """Constructors, and the methods that only constructors call on their own object: nobody else has it yet.

        What sets an object up again after a fork counts as well: the child has one thread (Library Reference, `os.fork`); so
        does what gives it new locks.
        """
        found = {
            key
            for key, function in self.functions.items()
            if function.is_constructor
            or function.renews_locks
            or _AFTER_FORK.search(function.name.rpartition(".")[2])
        }
        candidates = [
            key
            for key, function in self.functions.items()
            if function.owner and not function.exported and self.callers.get(key) and key not in self.handed_over
        ]
        changed = True
        while changed:
            changed = False
            for key in candidates:
                edges = self.callers[key]
                if key not in found and all(edge.receiver == "self" and edge.caller in found for edge in edges):
                    found.add(key)
                    changed = True
        return frozenset(found)

    @cached_property
    def entry_locks(self) -> dict[str, frozenset[str]]:
        """The locks that are held whenever a function is entered: by its contract, or because every caller holds them.

        Greatest fixpoint: a function that every seen caller enters under a lock runs under that lock. Calls from
        constructors don't count, for nobody else has the object then.

        Where callers lock for a class that has no lock itself, so may those that are not to be seen (`del shelf[key]` calls
        `__delitem__`): what its other methods hold is unknown, and weakens nothing.
        """
        held = self._entry_locks(frozenset())
        left_to_callers = self._left_to_callers(held)
        return self._entry_locks(left_to_callers) if left_to_callers else held

    def _left_to_callers(self, held: dict[str, frozenset[str]]) -> frozenset[str]:
        """Return the methods that nobody in sight calls, of classes without a lock others of whose methods run under one."""
        classes = {self.functions[key].owner for key, locks in held.items() if locks} - {""} - self.locking_classes
        return frozenset(
            key
            for key, function in self.functions.items()
            if function.owner in classes and not self.callers.get(key) and key not in self.handed_over
        )

    def _entry_locks(self, unknown: frozenset[str]) -> dict[str, frozenset[str]]:
        calls = {edge.callee for edges in self._counting.values() for edge in edges}
        held: dict[str, frozenset[str] | None] = dict.fromkeys(self.functions)  # None: nobody is seen to come here yet
        seen = {*self.entries, *self.handed_over} - unknown
        seen |= {key for key, edges in self.callers.items() if edges and key not in calls}
        self._pass_on(held, seen, frozenset())
        # What nobody in sight calls may be called by somebody out of sight, but weakens nothing that others hold.
        settled = frozenset(key for key, locks in held.items() if locks is not None)
        first = {key for key in self.functions if key not in settled and key not in calls}
        self._pass_on(held, first, settled, unknown)
        return {key: locks or frozenset() for key, locks in held.items()}

    @cached_property
    def _counting(self) -> dict[str, list[CallEdge]]:
        """The calls of each function that say something of the locks of the callee."""
        return {key: [edge for edge in self.calls(key) if self.counts(edge)] for key in self.functions}

    def _pass_on(
        self,
        held: dict[str, frozenset[str] | None],
        first: set[str],
        settled: frozenset[str],
        unknown: frozenset[str] = frozenset(),
    ) -> None:
        """Pass on what is held, beginning with some functions, to all that they lead to but those that are settled."""
        pending = [key for key in self.functions if key in first]
        for key in pending:
            held[key] = self.assumed(key) | {UNKNOWN_LOCK} if key in unknown else self.assumed(key)
        while pending:
            at = pending.pop()
            here = held[at] or _NO_LOCKS
            for edge in self._counting[at]:
                key = edge.callee
                before = held[key]
                if key in self.handed_over or key in settled or before == _NO_LOCKS:
                    continue  # nothing is left to lose
                passed = self.passed(edge, here.union(edge.fact.locks) if edge.fact.locks else here)
                now = self.assumed(key) | (passed if before is None else common_locks(passed, before))
                if now != before:
                    held[key] = now
                    pending.append(key)

    def assumed(self, key: str) -> frozenset[str]:
        """Return the locks that are held when a function is called, as its contract says."""
        return self._assumed.get(key, _NO_LOCKS)

    @cached_property
    def _assumed(self) -> dict[str, frozenset[str]]:
        return {
            key: frozenset((*function.assumed, UNKNOWN_LOCK) if function.assumes_unknown else function.assumed)
            for key, function in self.functions.items()
            if function.assumed or function.assumes_unknown
        }

    def counts(self, edge: CallEdge) -> bool:
        """Tell a call that says something of the locks of the callee: others than of a constructor, or of itself."""
        while_made = edge.receiver == "self" and edge.caller in self.construction
        return not while_made and edge.caller != edge.callee

    def passed(self, edge: CallEdge, held: frozenset[str]) -> frozenset[str]:
        """Return what a caller holds as the callee sees it, whose `self` may be another object than the caller's.

        `shelf._lock`, held around `shelf.take()`, is the callee's `self._lock`; the caller's own `self._lock` isn't when both
        are of one class, unless all objects of that have one lock.
        """
        fact = edge.fact
        if fact.later:
            return frozenset()
        if fact.receiver in ("none", "self", "super"):
            return held
        mark = f"@{fact.receiver_path}"
        own = self.linker.order(self.functions[edge.callee].owner)
        return frozenset(
            lock.removesuffix(mark)
            for lock in held
            if "@" in lock or lock.rpartition(".")[0] not in own or lock in self._common_locks
        )

    @cached_property
    def _common_locks(self) -> frozenset[str]:
        """Attributes of classes whose one lock all objects have: the class's own body makes it, and nobody else."""
        classes = self.linker.classes
        return frozenset(
            fact.key
            for module in self._modules
            for fact in module.locks
            if fact.made is not None and (cls := classes.get(fact.owner)) is not None and fact.made.context == cls.name
        )


def common_locks(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """Return the locks that two callers both hold; where each holds another one, it is not known what that protects."""
    both = one & other
    return both if both or not (one and other) else frozenset((SOME_LOCK,))
