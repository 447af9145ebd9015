"""The order in which locks are taken, and where it makes threads wait for each other or for themselves.

As in lockdep the nodes are lock classes and the circles of any length; as in Infer an edge needs no common outer lock
(a gate) with the others of its circle, and threads that can really run them at once.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING

import msgspec

from conclint.memo import cached_property
from conclint.program.contexts import Context

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conclint.draft import Place
    from conclint.program.contexts import Contexts
    from conclint.program.graph import CallGraph
    from conclint.program.locks import LockNames
    from conclint.program.reach import Reach
    from conclint.program.summary import FunctionFact

_SHORTEST_CIRCLE = 2
_LONGEST_CIRCLE = 6


class Ordering(msgspec.Struct, frozen=True):
    """`second` is taken in `function` while `first` is held.

    `held` are all locks held then, `way` the places of the calls that lead to the acquire, and its own; a direct
    acquire has one place. `certain` tells that it is so on every path, and that the two are, if equal, one lock.
    """

    first: str
    second: str
    held: frozenset[str]
    function: FunctionFact
    way: tuple[Place, ...]
    certain: bool
    ordered: bool = False
    """The code puts the objects in an order of its own before it takes their locks."""

    @property
    def place(self) -> Place:
        """Where the function takes the second lock, or calls what does."""
        return self.way[0]


class Deadlocks:
    """Answers about the lock order of the program."""

    def __init__(self, graph: CallGraph, contexts: Contexts, locks: LockNames, reach: Reach) -> None:
        self._graph = graph
        self._contexts = contexts
        self._locks = locks
        self._reach = reach

    @cached_property
    def orderings(self) -> list[Ordering]:
        """Every lock that is taken under another, in each function, directly or through its calls."""
        return [
            ordering for function in self._graph.functions.values() for ordering in self._of_function(function)
        ]

    def _of_function(self, function: FunctionFact) -> Iterator[Ordering]:
        edges = [edge for edge in self._graph.calls(function.key) if edge.fact.locks or function.assumed]
        if not edges and not function.acquires:
            return
        # What callers hold is told of the callers; here it only serves as a gate.
        entry = self._locks.canonical(self._graph.entry_locks[function.key])
        assumed = self._locks.canonical(function.assumed)
        for fact in function.acquires:
            if not fact.tried:
                lock = self._locks.identity(fact.lock)
                own = self._locks.canonical(fact.held) | assumed
                surely = self._locks.canonical(fact.surely) | assumed
                for first in own:
                    way = (fact.place,)
                    yield Ordering(first, lock, own | entry, function, way, first in surely, fact.ordered)
        for edge in edges:
            own = self._locks.canonical(edge.fact.locks) | assumed
            for taking in self._reach.taken(edge.callee):
                passed = self._reach.through(edge, taking)
                if passed is not None:
                    for first in own:
                        certain = passed.certain and not passed.depends
                        yield Ordering(first, passed.lock, own | entry, function, passed.way, certain)

    def relocks(self) -> Iterator[Ordering]:
        """Yield where a thread takes a lock that it surely holds already and that is not reentrant, once a place."""
        seen: set[tuple[Place, str]] = set()
        for one in self.orderings:
            if one.first != one.second or not one.certain or self._locks.is_reentrant(one.first):
                continue
            if self._locks.is_handed_on(one.first):
                continue  # a lock as a signal: whoever has it wakes the waiter by releasing it
            if (one.place, one.first) not in seen:
                seen.add((one.place, one.first))
                yield one

    def inversions(self) -> Iterator[tuple[Ordering, ...]]:
        """Yield the circles in the lock order, the shortest for each pair of locks, that two threads can close.

        What has a part in a shorter circle is left for when that is mended; who has a lock does not wait for it again.
        """
        edges: dict[str, dict[str, list[Ordering]]] = defaultdict(lambda: defaultdict(list))
        for one in self.orderings:
            first, second = self._locks.lock_class(one.first), self._locks.lock_class(one.second)
            if first != second:
                if one.second not in one.held:
                    edges[first][second].append(one)
            elif one.first != one.second and not one.ordered and self._is_two_objects(one):
                yield (one,)
        done: set[frozenset[str]] = set()
        closed: list[tuple[tuple[str, ...], tuple[Ordering, ...]]] = []
        for first, following in sorted(edges.items()):
            for second in sorted(following):
                for circle in _circles(edges, first, second):
                    names = frozenset(circle)
                    if names not in done and (found := self._feasible(edges, circle)) is not None:
                        done.add(names)
                        closed.append((circle, found))
                        break
        told: set[tuple[str, str]] = set()
        for circle, found in sorted(closed, key=lambda one: len(one[0])):
            steps = {(first, circle[(index + 1) % len(circle)]) for index, first in enumerate(circle)}
            if len(circle) == _SHORTEST_CIRCLE or told.isdisjoint(steps):
                told |= steps
                yield found

    def _is_two_objects(self, one: Ordering) -> bool:
        """Tell two locks of one class, of objects that a function was given, which may be given the other way round."""
        if not self._locks.is_of_class(one.first):
            return False
        given = [self._is_given(lock, one.function) for lock in (one.first, one.second)]
        if not any(given) or not all(
            is_given or "@" not in lock for is_given, lock in zip(given, (one.first, one.second))
        ):
            return False
        return any(context.many or context.root is not None for context in self._contexts.of(one.function.key))

    @staticmethod
    def _is_given(lock: str, function: FunctionFact) -> bool:
        _, mark, base = lock.partition("@")
        return bool(mark) and base in function.parameters

    def _feasible(
        self, edges: dict[str, dict[str, list[Ordering]]], circle: Sequence[str]
    ) -> tuple[Ordering, ...] | None:
        """Return one ordering for each edge of a circle such that no lock gates them and two threads can run them."""
        chosen: list[Ordering] = []
        for index, first in enumerate(circle):
            second = circle[(index + 1) % len(circle)]
            fitting = next((one for one in edges[first][second] if self._fits(one, chosen)), None)
            if fitting is None:
                return None
            chosen.append(fitting)
        return tuple(chosen)

    def _fits(self, one: Ordering, chosen: Sequence[Ordering]) -> bool:
        return all(not one.held & other.held and self._at_once(one, other) for other in chosen)

    def _at_once(self, one: Ordering, other: Ordering) -> bool:
        for first in self._contexts.of(one.function.key):
            for second in self._contexts.of(other.function.key):
                if not first.in_process and not second.in_process and _together(first, second):
                    return True
        return False


def _together(first: Context, second: Context) -> bool:
    if first.number == second.number or (first.in_main and second.in_main):
        return first.many
    if first.root is not None and second.root is not None:
        if first.root.lane and first.root.lane == second.root.lane:
            return False
        if first.root.place.path == second.root.place.path and second.position in first.root.apart:
            return False
    return True


def _circles(edges: dict[str, dict[str, list[Ordering]]], first: str, second: str) -> Iterator[tuple[str, ...]]:
    """Yield the shortest ways from `second` back to `first`, as circles that begin with the two."""
    pending: deque[tuple[str, ...]] = deque([(first, second)])
    seen = {second}
    while pending:
        path = pending.popleft()
        for following in sorted(edges.get(path[-1], ())):
            if following == first:
                yield path
            elif following not in seen and len(path) < _LONGEST_CIRCLE:
                seen.add(following)
                pending.append((*path, following))
