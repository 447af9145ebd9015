"""CON404: a test that is out of date when it is acted on."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.program import AccessKind, race_report, what_is_wrong, who_runs
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.draft import Report
    from conclint.program import Program


class CheckThenAct(ProgramRule):
    """A test of shared state is believed a moment later, when another thread may have changed it.

    ## Why

    Between `if key not in cache:` and `cache[key] = ...`, or `if jobs:` and `jobs.pop()`, another thread can do the same: the
    object is made twice and one is lost, or the last job is popped twice and the second `pop` raises IndexError. Each
    step alone is atomic, the two together are not (Python FAQ, "What kinds of global value mutation are thread-safe?";
    all versions, with and without the global interpreter lock).

    ## How to fix

    Hold one lock around the test and the act. Or use one operation that does both: `dict.setdefault`, `dict.pop(key, None)`,
    `try: jobs.pop() except IndexError`, a `queue.Queue`.

    ## What is missed

    Tests whose outcome travels through a variable or a function, and state of objects whose class cannot be seen. Without a
    thread of the program or a lock around the same state elsewhere, nothing shows that it is shared, and nothing is said.
    What may be done twice is left alone: a flag that is set again, a cache that is filled with what is the same for
    everybody, a removal whose exception is caught.
    """

    code: ClassVar[str] = "CON404"
    name: ClassVar[str] = "check-then-act"

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the tests that another thread can make out of date before they are acted on."""
        for conflict in program.conflicts:
            access = conflict.access
            if access.kind is AccessKind.CHECK_THEN_ACT and not (conflict.double_check or conflict.believed):
                message = (
                    f"'{access.fact.label}' is tested and then changed in '{access.doer}', which "
                    f"{who_runs(conflict)}, {what_is_wrong(program, conflict)}"
                )
                yield race_report(program, conflict, message)
