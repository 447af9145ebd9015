"""Whose container it is that a function was given: what is passed is put in the place of the parameter, call by call.

As in RacerD the summary of a callee speaks of its formal parameters. Every call that passes a shared container makes
an access of that container, in the threads and under the locks of that call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from conclint.program.summary import PARAMETER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conclint.draft import Place
    from conclint.program.graph import CallEdge, CallGraph
    from conclint.program.summary import AccessFact, FunctionFact, PassedFact, PhaseFact, RootFact

_LONGEST_CHAIN = 3
_MOST_CALLERS = 12
"""What is called from more places than this is a helper of everybody, and who passes what to it is not looked at."""


class Actual(NamedTuple):
    """What a parameter stands for along one chain of calls, outermost first: a container named in the function `user`.

    Of what a thread is handed as an argument, `user` is the function that the thread runs, and `root` tells which one.
    """

    passed: PassedFact
    user: str
    edges: tuple[CallEdge, ...] = ()
    root: RootFact | None = None

    @property
    def way(self) -> tuple[Place, ...]:
        """The places at which it is passed on."""
        places = [edge.fact.place for edge in self.edges if edge.fact.place is not None]
        return (self.root.place, *places) if self.root is not None else tuple(places)


class Through(NamedTuple):
    """An access through a parameter, as one of what was passed, by `user` and under the `locks` of all calls on the way.

    `behind` tells of each function on the way what it has behind it there. Where a thread was handed the container as an
    argument, it is that of `root`.
    """

    fact: AccessFact
    user: FunctionFact
    locks: frozenset[str]
    way: tuple[Place, ...]
    behind: tuple[tuple[str, tuple[PhaseFact, ...]], ...]
    root: RootFact | None


class Passing:
    """Tells what is passed for the parameters of functions."""

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph
        self._roots: dict[str, list[RootFact]] = {}
        for _, root in graph.roots:
            if root.passed:
                for key in graph.targets(root):
                    self._roots.setdefault(key, []).append(root)

    def actuals(self, parameter: str) -> list[Actual]:
        """Return what the parameter with a key stands for, as far as that is known."""
        return list(self._actuals(parameter, _LONGEST_CHAIN))

    def _actuals(self, parameter: str, far: int) -> Iterator[Actual]:
        key, _, name = parameter.removeprefix(PARAMETER).rpartition(":")
        function = self._graph.functions.get(key)
        if function is None or name not in function.parameters:
            return
        bound = bool(function.owner) and function.parameters[0] in ("self", "cls")
        position = function.parameters.index(name) - bound
        for root in self._roots.get(key, ()):
            passed = _given(root.passed, position, name)
            if passed is not None and not passed.variable.startswith(PARAMETER):
                yield Actual(passed, key, (), root)
        edges = self._graph.callers.get(key, ())
        if len(edges) > _MOST_CALLERS:
            return
        for edge in edges:
            passed = _given(edge.fact.passed, position + (bound and edge.receiver == "none"), name)
            if passed is None:
                continue
            if not passed.variable.startswith(PARAMETER):
                yield Actual(passed, edge.caller, (edge,))
            elif far and edge.caller != key:
                for actual in self._actuals(passed.variable, far - 1):
                    yield actual._replace(edges=(*actual.edges, edge))

    def through(self, function: FunctionFact, fact: AccessFact, actual: Actual) -> Through | None:
        """Return an access of a parameter as one of what it stands for; None where it is not known under which locks."""
        inner = fact.variable != f"{PARAMETER}{function.key}:{fact.label}"
        user = function.key if inner or actual.root is not None else actual.user
        held = {*fact.locks, *(lock for edge in actual.edges for lock in edge.fact.locks)}
        locks = frozenset(self._lock(lock, actual) for lock in held)
        if "" in locks:
            return None
        passed = actual.passed
        live = fact.live or actual.root is not None or any(edge.fact.live for edge in actual.edges)
        seen = msgspec.structs.replace(fact, variable=passed.variable, label=passed.label, base=passed.base, live=live)
        behind = ((function.key, fact.phases), *((edge.caller, edge.fact.phases) for edge in actual.edges))
        return Through(seen, self._graph.functions[user], locks, actual.way, behind, actual.root)

    def _lock(self, lock: str, actual: Actual) -> str:
        """Return which lock it is along the chain of an `actual`; of a parameter what is passed, empty if that is unknown."""
        for edge in reversed(actual.edges):
            found = self._passed_lock(lock, edge.callee, edge.fact.passed, edge.receiver)
            if found is not None:
                lock = found
        if actual.root is not None:
            found = self._passed_lock(lock, actual.user, actual.root.passed, "self")
            if found is not None:
                lock = found
        return lock

    def _passed_lock(self, lock: str, callee: str, given: Sequence[PassedFact], receiver: str) -> str | None:
        function = self._graph.functions[callee]
        owner, _, name = lock.rpartition(":")
        if name not in function.parameters or owner != f"{callee.partition(':')[0]}:{function.name}":
            return None
        bound = bool(function.owner) and function.parameters[0] in ("self", "cls") and receiver != "none"
        passed = _given(given, function.parameters.index(name) - bound, name, lock=True)
        return passed.lock if passed is not None else ""


def _given(passed: Sequence[PassedFact], position: int, name: str, *, lock: bool = False) -> PassedFact | None:
    for one in passed:
        fits = one.name == name if one.name else one.position == position
        if fits and (one.lock if lock else one.variable):
            return one
    return None
