"""CON703: a coroutine that stops its whole event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.draft import Place
    from conclint.program import Program


class BlockingCallInCoroutine(ProgramRule):
    """A coroutine, a callback of an event loop, or a plain function that they call, waits for a thread, a process, the
    clock or another machine by stopping its own thread.

    ## Why

    All tasks of an event loop share one thread. `queue.get()`, `event.wait()`, `future.result()`, `thread.join()`, `time.sleep()`
    stop that thread: no task runs, no connection is answered, no timeout fires until the call comes back. If what it
    waits for has to be done by another task of the loop, or by a thread that asks the loop for something, that is never ("Running
    Blocking Code" in "Developing with asyncio"; all versions).

    A name server that doesn't answer keeps `socket.getaddrinfo()` for many seconds, and every other task with it.
    `ssl.create_default_context()` reads and parses all certificates of the system, tens of milliseconds for each new connection.

    Ruff's ASYNC rules and flake8-async see `time.sleep`, `subprocess.run`, HTTP requests and `open` that stand in the coroutine
    itself. This rule follows calls, through modules as well, and knows the queues, events, futures and locks of threads and
    processes.

    ## How to fix

    Use the asyncio twin (`asyncio.Queue`, `asyncio.Event`, `asyncio.sleep`, `asyncio.create_subprocess_exec`), await
    `asyncio.wrap_future(future)`, or let a thread wait: `await asyncio.to_thread(queue.get)`,
    `await asyncio.to_thread(ssl.create_default_context)`. `loop.getaddrinfo()` does so by itself.

    ## What is missed

    Calls with a timeout, and short ones, are left alone, but for those that ask another machine; and these in tests. So are a
    lock whose holders wait for nothing, a `put` into a queue that may be without a limit, the join of a thread that was started
    elsewhere and may have been told to end, and what is asked for after an `await`, which may have seen to it that it is there.
    Files and sockets are the business of other linters.
    """

    code: ClassVar[str] = "CON703"
    name: ClassVar[str] = "blocking-call-in-coroutine"
    in_tests: ClassVar[bool] = False
    needles: ClassVar[tuple[str, ...]] = ("async", "tornado")

    def check(self, program: Program) -> Iterator[Report]:
        """Yield what coroutines come to that may wait for long."""
        told: set[Place] = set()
        for stall in program.loops.stalls():
            way = (*stall.way, stall.place)
            if way[0] in told:
                continue  # of several waits behind one call, the nearest is enough
            told.add(way[0])
            notes = [Note(place, "which leads here") for place in way[1:]]
            if stall.holder is None:
                message = f"'{stall.name.removeprefix('builtins.')}' stops the event loop that runs '{stall.start.name}'"
            else:
                message = f"'{stall.name}' is waited for on the event loop that runs '{stall.start.name}'"
                notes.append(Note(stall.holder, f"whoever has '{stall.name}' may wait for long here"))
            yield Report(way[0], message, tuple(notes))
