"""CON802: a signal handler set by another thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class SignalOutsideMainThread(ProgramRule):
    """A signal handler is set in code that a thread runs: ValueError, for only the main thread may do that.

    ## Why

    Python runs signal handlers in the main thread of the main interpreter, and only that thread may set them (Library Reference,
    signal, "Signals and threads": `signal.signal` and `set_wakeup_fd` raise ValueError elsewhere, as do an event loop's
    `add_signal_handler` and `asyncio.run` with handlers of its own; all versions).

    ## How to fix

    Set the handler in the main thread before the threads start, and let it set an event that the threads look at. For
    timeouts use those of the calls themselves in place of `signal.alarm`.

    ## What is missed

    Threads that code outside of the program starts. Code that asks `current_thread() is main_thread()`, or catches the
    ValueError, is left alone.
    """

    code: ClassVar[str] = "CON802"
    name: ClassVar[str] = "signal-outside-main-thread"
    needles: ClassVar[tuple[str, ...]] = ("signal",)

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the handlers that are set in threads."""
        for operation, function, context in program.surroundings.main_thread_only():
            assert context.root is not None
            message = f"'{operation.name}' raises ValueError in '{function.name}', which a thread runs"
            yield Report(operation.place, message, (Note(context.root.place, "handed to a thread here"),))
