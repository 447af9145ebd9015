"""CON706: an asyncio object between event loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class AsyncioPrimitiveAcrossThreads(ProgramRule):
    """Coroutines that run on the event loops of several threads share a lock, event, queue or the like of asyncio.

    ## Why

    The primitives of asyncio stand between the tasks of one loop. They have no lock inside, so two threads can spoil them;
    whoever has to wait binds them to its loop, and the next one to wait on another loop gets RuntimeError, "is bound to a
    different event loop"; and `set()`, `put()`, `release()` wake a task of another thread's loop without telling that loop, which
    sleeps on ("Synchronization Primitives": "asyncio primitives are not thread-safe"; "Queues": "not thread-safe"; since Python
    3.10 they are bound at the first wait, before that when they were made).

    ## How to fix

    Run all that share it on one loop, which other threads reach by `asyncio.run_coroutine_threadsafe` and
    `call_soon_threadsafe`. Or make one for each loop, inside its coroutines. Between threads, use `queue.Queue` or
    `threading.Event`, and wait for them with `asyncio.to_thread`.

    ## What is missed

    Objects that are no globals of the module that uses them, and loops that code outside of the program runs. What a thread does
    to them without a loop is CON702's.
    """

    code: ClassVar[str] = "CON706"
    name: ClassVar[str] = "asyncio-primitive-across-threads"
    needles: ClassVar[tuple[str, ...]] = ("asyncio",)

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the asyncio objects that loops of several threads use."""
        for use, other in program.loops.shared:
            notes = [Note(use.runner.place, f"a loop runs '{use.function.name}' from here")]
            where = "which several threads run, each on a loop of its own"
            if other is not use:
                where = f"and in '{other.function.name}' on the loop of another thread"
                notes.append(Note(other.place, f"used in '{other.function.name}'"))
                notes.append(Note(other.runner.place, f"another loop runs '{other.function.name}' from here"))
            message = f"'{use.label}' is for the tasks of one event loop, and is used in '{use.function.name}', {where}"
            yield Report(use.place, message, tuple(notes))
