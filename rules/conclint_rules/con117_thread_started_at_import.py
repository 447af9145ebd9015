"""CON117: an import that starts a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Report
from conclint.rule import ProgramRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class ThreadStartedAtImport(ProgramRule):
    """Importing a module starts a thread, before anybody has asked for one.

    ## Why

    An import should only define. A thread that starts with it runs in every program that merely imports the module, in its
    tests and in each forked or spawned child; it can't be configured first, and meets modules that are only half imported
    ("Thread Objects" in the documentation of `threading`; multiprocessing, "Programming guidelines"; all versions).

    ## How to fix

    Start the thread in a function that the program calls, or when it is first needed, under a lock.

    ## What is missed

    Threads that a class starts in its constructor, when the object is made at import through another module. Scripts, which
    no other module of the program imports, are left alone. The rule is off by default.
    """

    code: ClassVar[str] = "CON117"
    name: ClassVar[str] = "thread-started-at-import"
    severity: ClassVar[Severity] = Severity.WARNING
    default: ClassVar[bool] = False
    needles: ClassVar[tuple[str, ...]] = ("start",)

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the threads that an import starts."""
        for operation, _function in program.surroundings.started_at_import():
            yield Report(operation.place, f"'{operation.label}' is started whenever this module is imported")
