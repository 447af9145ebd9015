"""CON401 unguarded-global."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.program import AccessKind, race_report, what_is_wrong, who_runs
from conclint.rule import ProgramRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.draft import Report
    from conclint.program import Program


class UnguardedGlobal(ProgramRule):
    """A module global is read, changed and written back by threads that hold no common lock.

    ## Why
    `count += 1` reads, adds and stores. A thread that is stopped between the read and the store overwrites what
    others have stored meanwhile, and their updates are lost. With a call between the two (`total = total + f()`,
    `d[k] = d.get(k, 0) + 1`) that happens on every CPython, and the finding is an error. A bare `count += 1` loses
    updates up to CPython 3.9 and on free-threaded builds; on 3.10 to 3.13 with the GIL the interpreter happens not to
    switch threads there, which nothing promises, so the finding is a warning (Python FAQ, "What kinds of global
    value mutation are thread-safe?").

    ## How to fix
    Hold one lock around the whole read and write, everywhere: `with lock: count += 1`. Or let each thread
    return its part and add the parts up after `join()`, or hand the updates to one thread through a queue.

    ## What is missed
    Threads that code outside the program starts. A local that nested functions share counts as a global. Reading
    alone is never reported, nor is a plain assignment: both are atomic.
    """

    code: ClassVar[str] = "CON401"
    name: ClassVar[str] = "unguarded-global"

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the updates of globals that threads of the program make at once."""
        for conflict in program.conflicts:
            access = conflict.access
            if conflict.seen and access.kind.updates and not access.fact.base.is_attribute:
                message = (
                    f"'{access.fact.label}' is read and written back in '{access.doer}', which "
                    f"{who_runs(conflict)}, {what_is_wrong(program, conflict)}"
                )
                severity = Severity.ERROR if access.kind is AccessKind.UPDATE_WITH_CALL else Severity.WARNING
                yield race_report(program, conflict, message, severity=severity)
