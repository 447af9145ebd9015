"""Which accesses are in an order that no lock shows: by a flag that is set and tested under one, or by a join."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.memo import cached_property
from conclint.model.words import PhaseKind
from conclint.program.summary import PARAMETER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conclint.program.contexts import Context
    from conclint.program.graph import CallEdge, CallGraph
    from conclint.program.locks import LockNames
    from conclint.program.summary import PhaseFact

_FALSE = frozenset({"False", "None", "0", '""', "''"})


class Phases:
    """Answers about what code has behind it, with what all its callers have."""

    def __init__(self, graph: CallGraph, locks: LockNames) -> None:
        self._graph = graph
        self._locks = locks

    def at(self, function: str, own: Iterable[PhaseFact]) -> frozenset[PhaseFact]:
        """Return what is behind a place in a function."""
        return self._on_entry.get(function, frozenset()).union(own)

    @cached_property
    def _on_entry(self) -> dict[str, frozenset[PhaseFact]]:
        """Greatest fixpoint over the calls, as for the locks that all callers hold."""
        graph = self._graph
        if not any(call.phases for function in graph.functions.values() for call in function.calls):
            return {}
        known: dict[str, frozenset[PhaseFact] | None] = dict.fromkeys(graph.functions)
        pending = [key for key in graph.functions if key in graph.handed_over or not graph.callers.get(key)]
        known.update(dict.fromkeys(pending, frozenset()))
        while pending:
            at = pending.pop()
            for edge in graph.calls(at):
                before = known[edge.callee]
                if before == frozenset() or edge.callee in graph.handed_over or edge.caller == edge.callee:
                    continue
                passed = self._passed(edge, known[at] or frozenset())
                now = passed if before is None else passed & before
                if now != before:
                    known[edge.callee] = now
                    pending.append(edge.callee)
        return {key: phases for key, phases in known.items() if phases}

    def _passed(self, edge: CallEdge, behind: frozenset[PhaseFact]) -> frozenset[PhaseFact]:
        here = frozenset(phase for phase in behind.union(edge.fact.phases) if not phase.name.startswith(PARAMETER))
        if edge.receiver in ("self", "none"):
            return here
        return frozenset(phase for phase in here if phase.kind is PhaseKind.JOINED)

    def rule_out(self, one: frozenset[PhaseFact], other: frozenset[PhaseFact], held: frozenset[str]) -> bool:
        """Tell that what follows a flag being set can't meet what the other side does, under `held`, while it is not."""
        return any(
            self._contradicts(stored, tested) and self._guards(stored) & self._guards(tested) & held
            for stored in one
            if stored.kind is PhaseKind.STORED
            for tested in other
        )

    def _guards(self, phase: PhaseFact) -> frozenset[str]:
        return self._locks.guards(phase.locks)

    def _contradicts(self, stored: PhaseFact, tested: PhaseFact) -> bool:
        if tested.kind not in (PhaseKind.IS, PhaseKind.IS_NOT) or self._name(stored) != self._name(tested):
            return False
        if tested.kind is PhaseKind.IS_NOT:
            return stored.value == tested.value
        if tested.value in ("True", "False"):
            known = stored.value in _FALSE or not stored.value.rpartition(".")[2].isupper()
            return known and (stored.value in _FALSE) is (tested.value == "True")
        return stored.value != tested.value

    def _name(self, phase: PhaseFact) -> str:
        owner, _, attribute = phase.name.rpartition(".")
        linker = self._graph.linker
        return f"{linker.owner(owner, attribute)}.{attribute}" if owner in linker.classes else phase.name


def given(phases: Iterable[PhaseFact]) -> frozenset[str]:
    """Return the parameters that are surely not None."""
    return frozenset(
        phase.name.removeprefix(PARAMETER)
        for phase in phases
        if phase.name.startswith(PARAMETER)
        and (phase.kind, phase.value) in ((PhaseKind.IS_NOT, "None"), (PhaseKind.IS, "True"))
    )


def has_joined(phases: frozenset[PhaseFact], thread: Context, owner: str) -> bool:
    """Tell whether a thread has ended: it was made where those come from that were joined, or has `owner`'s `run`."""
    joined = {phase.name for phase in phases if phase.kind is PhaseKind.JOINED}
    return bool(joined) and thread.root is not None and not joined.isdisjoint((*thread.root.sites, owner))


def is_of_one_state(phases: frozenset[PhaseFact], variable: str) -> bool:
    """Tell code that only runs while another variable has one of the values that go by names: in one state of a machine."""
    return any(
        phase.kind is PhaseKind.IS and phase.value.rpartition(".")[2].isupper() and phase.name != variable for phase in phases
    )


def is_after_join(phases: frozenset[PhaseFact]) -> bool:
    """Tell code that runs when threads have ended: the work is over, as a rule."""
    return any(phase.kind is PhaseKind.JOINED for phase in phases)
