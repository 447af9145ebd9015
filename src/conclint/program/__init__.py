"""The whole program: what its modules say about themselves, linked."""

from conclint.model.accesses import AccessKind
from conclint.program.program import Context, Program, SharedAccess
from conclint.program.summarise import summarise
from conclint.program.summary import ModuleSummary

__all__ = ["AccessKind", "Context", "ModuleSummary", "Program", "SharedAccess", "summarise"]
