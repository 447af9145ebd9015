"""CON801: a signal handler that waits for what it interrupts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.program import made_notes
from conclint.rule import ProgramRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class LockInSignalHandler(ProgramRule):
    """A signal handler takes a lock that the main thread may hold, or writes to a stream that it may be writing to.

    ## Why

    A Python signal handler runs in the main thread, between two steps of whatever that is doing. If it interrupts the block that
    holds a plain lock and wants that lock, it waits for code that cannot go on. Queues and conditions have such locks inside.
    Buffered streams refuse instead: RuntimeError, "reentrant call" (Library Reference, signal, "Execution of Python signal
    handlers"; queue, "Simple Queues"; io, "Reentrancy": "Binary buffered objects (...) are not reentrant"; all versions).

    ## How to fix

    Do nothing in the handler but set a flag, or write a byte with `os.write` to a pipe (`signal.set_wakeup_fd`), and do the
    rest in normal code. A `queue.SimpleQueue` may be used from a handler.

    ## What is missed

    Locks whose type cannot be seen count as reentrant. Handlers that are set by unknown objects, and what they call through them,
    unless the methods that are called on an object tell its class.
    """

    code: ClassVar[str] = "CON801"
    name: ClassVar[str] = "lock-in-signal-handler"
    needles: ClassVar[tuple[str, ...]] = ("signal",)

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the locks and the streams that signal handlers want from the code they interrupt."""
        for found in program.waiting.signal_handlers():
            lock = program.locks.label(found.taking.lock)
            message = f"'{found.function.name}' is a signal handler and takes '{lock}', which the main thread may hold"
            notes = [Note(place, "which leads here") for place in found.taking.way[1:]]
            notes.append(Note(found.holder, f"'{lock}' is held from here on"))
            yield Report(found.taking.way[0], message, (*notes, *made_notes(program, found.taking.lock)))
        for root, handler, operation, way in program.waiting.handlers_that_write():
            call = operation.name.removeprefix("builtins.")
            message = (
                f"'{handler.name}' is a signal handler and calls '{call}', which is not reentrant: the code that it interrupts "
                f"may be half through the same"
            )
            notes = [Note(root.place, "made a signal handler here"), *(Note(place, "which leads here") for place in way)]
            yield Report(operation.place, message, tuple(notes), severity=Severity.WARNING)
