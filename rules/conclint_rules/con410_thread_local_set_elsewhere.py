"""CON410: a thread-local that this thread has not set."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class ThreadLocalSetElsewhere(ProgramRule):
    """An attribute of a `threading.local()` is read in a thread, but only set in others: AttributeError.

    ## Why

    Each thread sees a namespace of its own, empty at first. What the main thread or an import has set is not there in a new
    thread ("Thread-Local Data" in the documentation of `threading`: "the instance's values will be different for separate
    threads"; all versions).

    ## How to fix

    Set it at the beginning of the thread's function. Or derive a class from `threading.local` whose `__init__` sets it, which
    runs once in each thread that uses the object. Or read it with `getattr(local, "name", default)`.

    ## What is missed

    Attributes that a callee of the thread sets on some paths only, and locals that are reached through other objects.
    """

    code: ClassVar[str] = "CON410"
    name: ClassVar[str] = "thread-local-set-elsewhere"
    needles: ClassVar[tuple[str, ...]] = ("local",)

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the reads in threads of what is only set elsewhere."""
        for placed, setting in program.surroundings.unset_locals():
            operation, function, context = placed
            assert context.root is not None
            name = operation.name.removeprefix("global ")
            message = f"'{name}' is not set in the thread that runs '{function.name}', so reading it raises AttributeError"
            notes = (Note(setting.place, "set here, for another thread"), Note(context.root.place, "handed to a thread here"))
            yield Report(operation.place, message, notes)
