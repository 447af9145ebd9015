"""Callables that are handed over with arguments, in the words of a summary and across modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.model.binding import THE_OBJECT, Signature
from conclint.program.summary import MisfitFact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conclint.program.linking import Linker
    from conclint.program.summary import HandoverFact, ModuleSummary


def misfits(modules: Iterable[ModuleSummary], linker: Linker) -> Iterator[MisfitFact]:
    """Yield the hand-overs whose arguments don't fit what is run, in the same module or another."""
    for module in modules:
        yield from module.misfits
        for handover in module.handovers:
            found = _misfit(linker, handover, f"{module.path}:")
            if found is not None:
                yield found


def _misfit(linker: Linker, handover: HandoverFact, user: str) -> MisfitFact | None:
    key = linker.resolve(handover.symbol, user)
    function = linker.functions.get(key)
    if function is None or function.kinds is None or linker.overrides(key):
        return None
    bound = bool(function.owner) and handover.symbol.rpartition(".")[0].endswith("()")
    given = THE_OBJECT.before(handover.given) if bound else handover.given
    problem = Signature(function.parameters, function.kinds).problem(given)
    if problem is None:
        return None
    return MisfitFact(handover.place, handover.taker, function.name.rpartition(".")[2], problem)
