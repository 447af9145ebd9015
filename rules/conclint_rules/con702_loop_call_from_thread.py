"""CON702: a thread that reaches into another thread's event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Remedy, Report
from conclint.finding import Edit
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program
    from conclint.program.summary import OperationFact


class LoopCallFromThread(ProgramRule):
    """Code that a thread runs schedules work on an event loop, or completes, cancels or wakes what its tasks wait for.

    ## Why

    Almost nothing of asyncio may be used by another thread than the loop's. The loop sleeps in `select` until a time or a
    socket wakes it: a callback, a result or an item that another thread leaves behind lies there until something else
    happens, perhaps for ever, and the lists it was put into have no lock ("Concurrency and Multithreading" in "Developing
    with asyncio": "Almost all asyncio objects are not thread safe"; `call_soon` raises RuntimeError only in debug mode).
    `asyncio.create_task` and `ensure_future` raise RuntimeError, for no loop is running there (all versions).

    ## How to fix

    `loop.call_soon_threadsafe(future.set_result, value)` for a plain call, `asyncio.run_coroutine_threadsafe(coroutine, loop)`
    for a coroutine; both wake the loop. Remember the loop while one is at hand: `asyncio.get_running_loop()` in a coroutine.

    ## What is missed

    Objects whose type is not to be seen, such as a future that came through a queue, and threads that code outside of the program
    starts. A thread that makes, sets or runs a loop is left alone, and so is code that asks which thread runs it.

    ## Fix safety

    Unsafe: what `call_soon_threadsafe` is given runs a little later, in the loop's thread, so code after the call must not count
    on it, and an exception, such as InvalidStateError for a future that is done by then, goes to the loop's exception handler.
    The fix is offered for `call_soon`, and for futures and tasks, which know their loop (`get_loop()`), where nothing
    uses the value of the call.
    """

    code: ClassVar[str] = "CON702"
    name: ClassVar[str] = "loop-call-from-thread"
    needles: ClassVar[tuple[str, ...]] = ("asyncio", "tornado", "anyio", "trio")

    def check(self, program: Program) -> Iterator[Report]:
        """Yield what threads do to event loops that are not theirs."""
        for found, root in program.loops.touched_from_threads():
            message = (
                f"'{found.operation.name}' is for the event loop's own thread only, and a thread calls it in "
                f"'{found.function.name}'"
            )
            notes = [Note(root.place, "handed to a thread here"), *(Note(place, "which leads here") for place in found.way)]
            yield Report(found.operation.place, message, tuple(notes), _remedy(found.operation))
        for operation, function in program.loops.handed_to_threads():
            who = f"'{function.name}'" if function.name else "the module"
            message = f"'{operation.name}' is for the event loop's own thread only, and {who} has another thread call it"
            yield Report(operation.place, message)


def _remedy(operation: OperationFact) -> Remedy | None:
    if not operation.through_loop:
        return None
    change = Edit(operation.place.span, operation.through_loop)
    return Remedy("have the loop call it, with 'call_soon_threadsafe'", (change,), safe=False)
