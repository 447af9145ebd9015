"""Where declared contracts about locks are broken, and where what a lock guards gets out of its reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from conclint.model.words import AccessKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conclint.draft import Place
    from conclint.program.graph import CallGraph
    from conclint.program.locks import LockNames
    from conclint.program.races import Races, SharedAccess
    from conclint.program.summary import FunctionFact, ModuleSummary


class Broken(NamedTuple):
    """An access or call without the lock that a declaration asks for. `what` names the variable or function."""

    what: str
    lock: str
    function: FunctionFact
    place: Place
    is_call: bool


class Promises:
    """Answers about the contracts of the program."""

    def __init__(self, modules: Sequence[ModuleSummary], graph: CallGraph, races: Races, locks: LockNames) -> None:
        self._graph = graph
        self._races = races
        self._locks = locks
        self._guards = {key: lock for module in modules for key, lock in module.guards.items()}

    def broken(self) -> Iterator[Broken]:
        """Yield the accesses without their guard, once for each function and variable, and the calls without a lock."""
        for accesses in self._races.variables.values():
            declared = next((self._guards[one.fact.variable] for one in accesses if one.fact.variable in self._guards), "")
            guard = self._locks.guards([declared]) if declared else frozenset()
            told: set[str] = set()
            for access in accesses:
                if guard and not access.in_construction and not guard & access.locks:
                    if access.function.key not in told:
                        told.add(access.function.key)
                        fact = access.fact
                        yield Broken(fact.label, self._locks.label(declared), access.function, fact.place, is_call=False)
        yield from self._calls()

    def _calls(self) -> Iterator[Broken]:
        for key, function in self._graph.functions.items():
            for edge in self._graph.calls(key):
                callee = self._graph.functions[edge.callee]
                if not callee.declares or edge.fact.place is None or key in self._graph.construction:
                    continue
                held = self._graph.passed(edge, frozenset(edge.fact.locks) | self._graph.entry_locks[key])
                missing = self._locks.guards(callee.assumed) - self._locks.guards(held)
                if missing:
                    name = callee.name.rpartition(".")[2]
                    label = self._locks.label(callee.assumed[0])
                    yield Broken(name, label, function, edge.fact.place, is_call=True)

    def escaping(self) -> Iterator[tuple[SharedAccess, SharedAccess]]:
        """Yield the returns, under a lock, of the very container that others change under it, each with such a change."""
        for accesses in self._races.variables.values():
            for access in accesses:
                if access.fact.returned and access.locks:
                    change = next(
                        (
                            other
                            for other in accesses
                            if other.locks & access.locks and other.kind is AccessKind.MUTATE and other.fact.element
                        ),
                        None,
                    )
                    if change is not None:
                        yield access, change
