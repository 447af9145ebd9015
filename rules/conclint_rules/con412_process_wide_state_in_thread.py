"""CON412: one thread changes what all threads have."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.program import PROCESS_WIDE
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class ProcessWideStateInThread(ProgramRule):
    """Code that a thread runs changes something that the whole process has only once.

    ## Why

    The working directory, the environment, the locale, the standard streams, the warnings filters belong to the process. A thread
    that changes them, even for a moment, changes them under the feet of all others (Library Reference, `os.chdir`,
    `locale.setlocale`: "not thread-safe on most systems"; `contextlib.redirect_stdout`: "not suitable for use in
    library code and most threaded applications"; `warnings.catch_warnings` is per context only in free-threaded builds and with
    `-X context_aware_warnings`, from Python 3.14; all versions).

    ## How to fix

    Set it once, in the main thread, before the threads start. Pass absolute paths, `cwd=` and `env=` to subprocesses, a stream as
    an argument. Work that needs a directory of its own can run in a process.

    ## What is missed

    Changes through libraries that are not known, and threads that code outside of the program starts.
    """

    code: ClassVar[str] = "CON412"
    name: ClassVar[str] = "process-wide-state-in-thread"

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the changes of process-wide state in threads."""
        for operation, function, context in program.surroundings.process_wide_in_threads():
            assert context.root is not None
            what = PROCESS_WIDE[operation.effect]
            message = f"'{operation.name}' changes {what} for all threads, in '{function.name}', which a thread runs"
            yield Report(operation.place, message, (Note(context.root.place, "handed to a thread here"),))
