"""CON116: a fork beside running threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ProgramRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class ForkWithThreads(ProgramRule):
    """A process is forked while threads are running: the child gets their locks, but not the threads that would release them.

    ## Why

    A fork copies the memory and the forking thread only. A lock that another thread holds at that moment, in the program, in
    `logging`, in the allocator, stays locked in the child for ever, and the first who wants it there hangs (Library
    Reference, `os.fork`: since 3.12 a DeprecationWarning where several threads are found; multiprocessing, "Contexts and start
    methods": "safely forking a multithreaded process is problematic"; fork is the default on Linux up to Python 3.13).

    ## How to fix

    Start the processes before the threads. Or choose another start method, `multiprocessing.get_context("spawn")` or
    "forkserver", or run another program with `subprocess`.

    ## What is missed

    Threads that libraries start, and threads of other modules that are running when this one forks.
    """

    code: ClassVar[str] = "CON116"
    name: ClassVar[str] = "fork-with-threads"
    in_tests: ClassVar[bool] = False

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the forks while a thread of the program may be running."""
        for operation, _function, thread in program.surroundings.forks_beside_threads():
            default = operation.effect != "fork" and not operation.start_method
            how = "forks by default on Linux up to Python 3.13" if default else "forks"
            when = "in a thread" if thread is not None else "while a thread is running that was started before"
            notes = (Note(thread.root.place, "handed to the thread here"),) if thread is not None and thread.root else ()
            severity = Severity.WARNING if default else Severity.ERROR
            yield Report(operation.place, f"'{operation.name}' {how}, {when}", notes, severity=severity)
