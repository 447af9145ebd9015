"""CON707: a thread-local between the tasks of one thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class ThreadLocalInCoroutine(ProgramRule):
    """A coroutine keeps what it was called with in a `threading.local`, and awaits something before it is used.

    ## Why

    All tasks of an event loop run in one thread, so they have one and the same thread-local. While a task awaits, another
    one stores its own user, request or transaction there, and the first goes on with those of the other (`contextvars`: "Context
    managers that have state should use Context Variables instead of `threading.local()` to prevent their state from bleeding
    to other code unexpectedly, when used in concurrent code"; PEP 567; all versions).

    ## How to fix

    Use a `contextvars.ContextVar`: each task has a context of its own, and `asyncio.to_thread` takes it along into the thread. Or
    pass the value as an argument.

    ## What is missed

    Values that are not made of the coroutine's parameters, for what is kept for a whole thread (a session, the loop) is well kept
    there, and stores in functions that the coroutine calls. A coroutine that is made in a thread, for a loop of its own, is left
    alone.
    """

    code: ClassVar[str] = "CON707"
    name: ClassVar[str] = "thread-local-in-coroutine"
    needles: ClassVar[tuple[str, ...]] = ("local",)

    def check(self, program: Program) -> Iterator[Report]:
        """Yield what coroutines keep in thread-locals while others run."""
        for store, function, read in program.loops.kept_in_thread_locals():
            name = store.name.rpartition(":")[2].removeprefix("global ")
            message = (
                f"'{name}' belongs to the thread, and '{function.name}' keeps it while it awaits: other tasks of the "
                "thread store theirs there"
            )
            yield Report(store.place, message, (Note(read.place, "read here"),))
