"""CON705: an event loop that waits for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class ThreadsafeResultInLoop(ProgramRule):
    """A coroutine, or a function that it calls, waits for the result of `run_coroutine_threadsafe` on its own loop.

    ## Why

    `run_coroutine_threadsafe` is there for other threads: it gives the coroutine to the loop, and `result()` stops the thread
    that asks until the loop has run it. When the loop's own thread asks, the loop stands still and never runs it, and the
    program hangs, or gets TimeoutError at the end of a timeout ("Scheduling From Other Threads" in the documentation of
    asyncio's coroutines and tasks: "This function is meant to be called from a different OS thread than the one where the event
    loop is running"; all versions).

    ## How to fix

    `await` the coroutine. A function that has to stay synchronous is for threads: a coroutine calls it with
    `await asyncio.to_thread(function)`.

    ## What is missed

    Loops that may be others: only what is bound to the running loop of a coroutine, and to nothing else, surely is that loop.
    Futures that are awaited by `asyncio.wrap_future` or asked `done()` before, and code that asks which thread runs it, are
    left alone.
    """

    code: ClassVar[str] = "CON705"
    name: ClassVar[str] = "threadsafe-result-in-loop"
    needles: ClassVar[tuple[str, ...]] = ("run_coroutine_threadsafe",)

    def check(self, program: Program) -> Iterator[Report]:
        """Yield each wait of a loop's own thread for the loop."""
        for found in program.loops.own_results():
            message = (
                f"the loop that should bring this result is the one that runs '{found.start.name}', and it stands still "
                "until it has it"
            )
            yield Report(found.operation.place, message, tuple(Note(place, "which leads here") for place in found.way))
