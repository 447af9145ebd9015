"""CON209: everybody waits for a lock whose holder waits for something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ProgramRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class BlockingUnderLock(ProgramRule):
    """Something that may wait long, or somebody else's code, runs while a lock is held that others want.

    ## Why

    All who want the lock wait as long as its holder does: for a queue, a future, a thread, a child process, the network. If what
    it waits for needs the lock itself, they wait for ever. A callback under a lock can do anything, also call back
    ("Lock Objects" in the documentation of `threading`; all versions).

    ## How to fix

    Do the waiting before the lock is taken or after it is released, and hold it only to read or write what it guards. Copy
    the callbacks under the lock and call them outside of it.

    ## What is missed

    Calls whose blocking nature is not known. Waiting for the condition whose lock it is, calls that are told not to wait and
    those with a timeout are left alone. So are the sends and receives of a connection, for the lock around them is there
    to have its users take turns, sleeps for whose length another place decides, and the wait for the sign of life of a thread
    that was just started. Of what one function does under a lock the first is told. The rule is off by default, for some
    locks are there to make others wait.
    """

    code: ClassVar[str] = "CON209"
    name: ClassVar[str] = "blocking-under-lock"
    severity: ClassVar[Severity] = Severity.WARNING
    default: ClassVar[bool] = False

    def check(self, program: Program) -> Iterator[Report]:
        """Yield each wait and each callback under a lock that is taken elsewhere too."""
        for found in program.waiting.long_ones():
            lock = program.locks.label(min(found.held))
            operation = found.operation
            if operation.word == "hook":
                message = f"'{operation.name}' is somebody else's code, and is called while '{lock}' is held"
            else:
                name = operation.name.removeprefix("builtins.")
                message = f"'{name}()' may wait for long while '{lock}' is held, which others want"
            yield Report(found.way[0], message, tuple(Note(place, "which leads here") for place in found.way[1:]))
