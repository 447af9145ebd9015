"""The whole program: what its modules say about themselves, linked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.model.words import AccessKind, Base
from conclint.program.beliefs import Breach
from conclint.program.conflicts import Conflict
from conclint.program.contexts import Context, Own, Runner
from conclint.program.deadlocks import Ordering
from conclint.program.program import Program
from conclint.program.races import Clash, SharedAccess
from conclint.program.summary import ModuleSummary
from conclint.program.surroundings import PROCESS_WIDE
from conclint.program.telling import (
    how_it_is_reached,
    made_notes,
    past_the_lock,
    race_report,
    what_is_wrong,
    who_runs,
)

if TYPE_CHECKING:
    from conclint.model import ModuleModel
    from conclint.syntax import Locator

__all__ = [
    "PROCESS_WIDE",
    "AccessKind",
    "Base",
    "Breach",
    "Clash",
    "Conflict",
    "Context",
    "ModuleSummary",
    "Ordering",
    "Own",
    "Program",
    "Runner",
    "SharedAccess",
    "how_it_is_reached",
    "made_notes",
    "past_the_lock",
    "race_report",
    "summarise",
    "what_is_wrong",
    "who_runs",
]


def summarise(model: ModuleModel, locator: Locator) -> ModuleSummary:
    """Return what the program needs to know of a module."""
    from conclint.program.summariser import summarise as summary_of  # needs libcst, which linking does not

    return summary_of(model, locator)
