"""The whole program: what its modules say about themselves, linked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.model.words import AccessKind, Base
from conclint.program.contexts import Context, Own, Runner
from conclint.program.deadlocks import Ordering
from conclint.program.program import Clash, Program, SharedAccess
from conclint.program.summary import ModuleSummary

if TYPE_CHECKING:
    from conclint.model import ModuleModel
    from conclint.syntax import Locator

__all__ = [
    "AccessKind",
    "Base",
    "Clash",
    "Context",
    "ModuleSummary",
    "Ordering",
    "Own",
    "Program",
    "Runner",
    "SharedAccess",
    "summarise",
]


def summarise(model: ModuleModel, locator: Locator) -> ModuleSummary:
    """Return what the program needs to know of a module."""
    from conclint.program.summariser import summarise as summary_of  # needs libcst, which linking does not

    return summary_of(model, locator)
