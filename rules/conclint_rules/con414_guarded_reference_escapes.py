"""CON414: a guarded object handed out."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class GuardedReferenceEscapes(ProgramRule):
    """A method returns, under the lock, the very container that the lock guards: whoever gets it uses it without the lock.

    ## Why

    The lock is released when the method returns, and the caller goes through a list or dict that others change meanwhile
    ("Lock Objects" in the documentation of `threading`; all versions). The lock around the `return` guards only the moment of
    looking.

    ## How to fix

    Return a copy made under the lock, `list(self._jobs)`, or a view that cannot be changed, such as
    `types.MappingProxyType` of a copy.

    ## What is missed

    Containers that leave inside other objects, or through a callback. The rule is off by default: some callers are known to
    look only while nobody changes anything.
    """

    code: ClassVar[str] = "CON414"
    name: ClassVar[str] = "guarded-reference-escapes"
    default: ClassVar[bool] = False

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the returns of guarded containers."""
        for access, change in program.promises.escaping():
            lock = program.locks.label(min(access.locks))
            message = f"'{access.fact.label}' itself is returned, out of reach of '{lock}', which guards it"
            note = Note(change.fact.place, f"changed in '{change.function.name}' under '{lock}'")
            yield Report(access.fact.place, message, (note,))
