"""CON309: a wait under a lock that whoever ends it needs first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.program import how_it_is_reached
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class WaitHoldingOtherLock(ProgramRule):
    """A wait for a condition or event holds another lock, which everybody who could end the wait needs first.

    ## Why

    `Condition.wait()` releases the condition's own lock and no other; `Event.wait()` releases nothing ("Condition Objects" in
    the documentation of `threading`: wait "releases the underlying lock, and then blocks"; all versions). If each
    `notify()` or `set()` stands under a lock that the waiting thread keeps, it never comes.

    ## How to fix

    Release the other lock before the wait, or use one lock for both: `Condition(lock)` gives up that lock while it waits.

    ## What is missed

    Waits with a timeout. Conditions and events that others than this program wake up: one waker without the lock is enough
    to be silent.
    """

    code: ClassVar[str] = "CON309"
    name: ClassVar[str] = "wait-holding-other-lock"
    needles: ClassVar[tuple[str, ...]] = ("wait",)

    def check(self, program: Program) -> Iterator[Report]:
        """Yield each wait under a lock that all wakers take."""
        for blocked in program.waiting.wake_ups():
            operation = blocked.wait.operation
            lock = program.locks.label(blocked.lock)
            message = (
                f"'{operation.label}' is waited for while '{lock}' is held, which '{blocked.needed_in.name}' needs before it can "
                f"end the wait"
            )
            notes = [
                Note(blocked.needs, f"woken up here, under '{lock}'"),
                *how_it_is_reached(program, blocked.needed_in),
                *how_it_is_reached(program, blocked.wait.function),
            ]
            yield Report(operation.place, message, tuple(dict.fromkeys(notes)))
