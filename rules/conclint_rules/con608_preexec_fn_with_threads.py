"""CON608: code between fork and exec in a program with threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ProgramRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class PreexecFnWithThreads(ProgramRule):
    """A child process is made with `preexec_fn` while threads may be running.

    ## Why

    The function runs in the child after the fork and before the other program begins. Only the thread that forks lives on
    there: a lock that another one had at that moment, the program's own or one of a library, stays locked for ever. The child
    hangs, and `Popen` with it, which waits for the child to begin (Library Reference, `subprocess.Popen`: "NOT SAFE to use in
    the presence of threads in your application. The child process could deadlock before exec is called"; all versions; in
    subinterpreters it raises RuntimeError since Python 3.8).

    ## How to fix

    Say it in an argument: `start_new_session=True` for `os.setsid`, `process_group=0` for `os.setpgrp` (Python 3.11), `user`,
    `group`, `extra_groups`, `umask` (3.9), `cwd` and `env`. For limits, have a small program or `prlimit` set them. Else make
    the child before the first thread starts.

    ## What is missed

    Threads that code outside of the program starts, or that a function started long before and keeps running.
    """

    code: ClassVar[str] = "CON608"
    name: ClassVar[str] = "preexec-fn-with-threads"
    severity: ClassVar[Severity] = Severity.WARNING
    needles: ClassVar[tuple[str, ...]] = ("preexec_fn",)

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the children that run code of their own in a program with threads."""
        for operation, function, thread in program.surroundings.preexec_beside_threads():
            notes: tuple[Note, ...] = ()
            where = "while threads may be running"
            if thread is not None and thread.root is not None:
                where = f"in '{function.name}', which a thread runs"
                notes = (Note(thread.root.place, "handed to a thread here"),)
            message = f"'{operation.name}' runs 'preexec_fn' after a fork, {where}: a lock that one of them has stays locked"
            yield Report(operation.place, message, notes)
