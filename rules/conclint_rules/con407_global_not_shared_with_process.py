"""CON407: a write that the parent never sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class GlobalNotSharedWithProcess(ProgramRule):
    """A child process changes a global that its parent reads: the parent never sees the change.

    ## Why

    Every process has its own copy of all variables, whichever way it was started; what a child stores stays in the child
    (multiprocessing, "Sharing state between processes": "best to avoid using shared state as far as possible"; under spawn the
    child even starts from the values that an import gives; all versions).

    ## How to fix

    Return the result: through a `Queue` or `Pipe`, from `Pool.map`, from a future. Where the state must be shared, use
    `multiprocessing.Value`, `Array`, a `Manager` or `shared_memory`.

    ## What is missed

    Attributes of objects, which are copied in the same way. A global that the parent writes as well is left alone, and so is one
    that only workers read, like a cache that an initializer fills.
    """

    code: ClassVar[str] = "CON407"
    name: ClassVar[str] = "global-not-shared-with-process"

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the writes in child processes of globals that the parent reads."""
        for write, read, context in program.surroundings.lost_in_children():
            message = (
                f"'{write.fact.label}' is changed in '{write.function.name}', which a child process runs on a copy, but "
                f"'{read.function.name}' reads it in the parent"
            )
            notes = [Note(read.fact.place, "read in the parent here")]
            if context.root is not None:
                notes.append(Note(context.root.place, "handed to the child process here"))
            yield Report(write.fact.place, message, tuple(notes))
