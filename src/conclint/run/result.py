"""What running the rules gives: for one source, and for a whole run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from conclint.finding import Failure, Finding, Severity

if TYPE_CHECKING:
    from conclint.program import ModuleSummary


class Remark(msgspec.Struct, frozen=True, order=True):
    """Something odd that hindered nothing; line and column are 1-based."""

    path: str
    line: int
    column: int
    message: str


class FileResult(msgspec.Struct, frozen=True):
    """What one source gave; plain data, so it travels between processes.

    `remarks` tell of comments for conclint that say nothing. `summary` is what program rules read; there is
    none where nothing was parsed.
    """

    findings: tuple[Finding, ...] = ()
    failures: tuple[Failure, ...] = ()
    remarks: tuple[Remark, ...] = ()
    summary: ModuleSummary | None = None


class RunResult(msgspec.Struct, frozen=True):
    """What a whole run gave.

    `findings`, `failures` and `remarks` are sorted and without duplicates, so they are the same for any number of jobs.
    `files` counts the files that were read, `seconds` is wall-clock time.
    """

    findings: tuple[Finding, ...] = ()
    failures: tuple[Failure, ...] = ()
    remarks: tuple[Remark, ...] = ()
    files: int = 0
    seconds: float = 0.0

    @property
    def errors(self) -> int:
        """How many findings are errors rather than warnings."""
        return sum(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def exit_status(self) -> int:
        """3 after an internal failure, else 1 when there is anything to mend (unread input too), else 0."""
        if any(failure.internal for failure in self.failures):
            return 3
        return 1 if self.findings or self.failures else 0
