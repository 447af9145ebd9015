"""What a module tells of the phases of its functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.definitions import Class
from conclint.program.summary import PARAMETER, PhaseFact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conclint.model.phases import Phase
    from conclint.program.keys import Keys


def phase_facts(
    keys: Keys, phases: Mapping[int, frozenset[Phase]], nodes: Iterable[cst.CSTNode]
) -> tuple[PhaseFact, ...]:
    """Return what a function has behind it at each of some nodes, of what it has behind it where."""
    common = frozenset.intersection(*(phases.get(id(node), frozenset()) for node in nodes))
    return tuple(sorted((_fact(keys, phase) for phase in common), key=lambda fact: (fact.kind.value, fact.name, fact.value)))


def _fact(keys: Keys, phase: Phase) -> PhaseFact:
    name = phase.name
    if isinstance(name, str):
        key = f"{PARAMETER}{name}"
    elif isinstance(name, cst.Call):
        key = keys.of_site(name)
    else:
        key = keys.of_class(name) if isinstance(name, Class) else keys.of_variable(name)
    return PhaseFact(phase.kind, key, phase.value, keys.of_locks(phase.locks))
