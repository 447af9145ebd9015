"""CON402: updates of a shared object get lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Report
from conclint.program import AccessKind, race_report, what_is_wrong, who_runs
from conclint.rule import ProgramRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class UnguardedAttribute(ProgramRule):
    """An attribute of an object that threads share is read, changed and written back without a common lock.

    ## Why

    `self.stock -= n` reads, subtracts and stores. A thread that is stopped between the read and the store overwrites what
    others have stored meanwhile, and their updates are lost. With a call between the two (`self.total = self.total +
    f()`) that happens on every CPython, and the finding is an error. A bare `self.n += 1` loses updates up to CPython 3.9
    and on free-threaded builds; on 3.10 to 3.13 with the global interpreter lock the interpreter happens not to switch
    threads there, which nothing promises, so the finding is a warning (Python FAQ, "What kinds of global value mutation
    are thread-safe?").

    Two more things are updates in several steps: a container is read out and then emptied (`for job in self.jobs: send(job)`,
    then `self.jobs = []`), which throws away what was added in between; and a number is compared with a limit before it is
    counted up (`if self.open >= self.most: raise ...`, then `self.open += 1`), which lets two threads pass the limit. The
    latter is told without a thread in sight, where the class takes a lock elsewhere and so is meant for several.

    ## How to fix

    Hold one lock around the whole read and write, everywhere: `with self._lock: self.stock -= n`. Or give each thread
    an object of its own and add the results up after `join()`.

    ## What is missed

    Objects that are reached through containers or through names whose class cannot be seen, and threads that code outside
    the program starts. An object that only one thread has, one that is still being made, and what happens before the
    first start or after the join are left alone. Reading alone is never reported, nor is a plain assignment: both are atomic.
    A bare `self.counts[key] += 1` without a lock elsewhere is left alone too: nothing shows that two threads have one key.

    """

    code: ClassVar[str] = "CON402"
    name: ClassVar[str] = "unguarded-attribute"

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the updates of attributes that threads of the program make at once."""
        for conflict in program.conflicts:
            access = conflict.access
            if conflict.seen and access.kind.updates and access.fact.base.is_attribute:
                done = "read out and then emptied" if access.fact.drains else "read and written back"
                message = (
                    f"'{access.fact.label}' is {done} in '{access.doer}', which "
                    f"{who_runs(conflict)}, {what_is_wrong(program, conflict)}"
                )
                severity = Severity.ERROR if access.kind is AccessKind.UPDATE_WITH_CALL else Severity.WARNING
                yield race_report(program, conflict, message, severity=severity)
        for clash in program.overruns():
            access = clash.access
            message = (
                f"'{access.fact.label}' is compared with a limit and then counted in '{access.doer}' without a "
                "lock, though the class takes locks to be used by several threads, so the limit can be passed"
            )
            yield race_report(program, clash, message)
