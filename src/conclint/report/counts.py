"""The numbers of a run: the summary line, the counts per rule, and the failures."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, TextIO

import click
import msgspec

from conclint.finding import Failure, Finding, Severity
from conclint.report.layout import printable
from conclint.report.output import write

if TYPE_CHECKING:
    from conclint.run.result import RunResult

COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


class Count(msgspec.Struct, frozen=True):
    """How often one rule reported something, and how many of those findings offer a fix."""

    code: str
    name: str
    findings: int
    fixable: int


def counts_of(findings: tuple[Finding, ...]) -> list[Count]:
    """Return one count for each rule that reported something, the most frequent first, then by code."""
    total: collections.Counter[tuple[str, str]] = collections.Counter()
    fixable: collections.Counter[tuple[str, str]] = collections.Counter()
    for finding in findings:
        total[finding.code, finding.name] += 1
        fixable[finding.code, finding.name] += finding.fix is not None
    ordered = sorted(total.items(), key=lambda item: (-item[1], item[0]))
    return [Count(code, name, number, fixable[code, name]) for (code, name), number in ordered]


def render_statistics(result: RunResult, *, stream: TextIO, color: bool) -> None:
    """Write a line for each rule that reported something: count, code, name, how many can be fixed."""
    counts = counts_of(result.findings)
    digits = len(str(counts[0].findings)) if counts else 0
    for count in counts:
        fixable = f" ({count.fixable} with a fix)" if count.fixable else ""
        code = click.style(count.code, bold=True) if color else count.code
        write(stream, f"{count.findings:>{digits}}  {code} {count.name}{fixable}\n")


def render_failures(failures: tuple[Failure, ...], *, stream: TextIO, color: bool) -> None:
    """Write a line for each file that could not be dealt with, and why."""
    for failure in failures:
        label = "internal error" if failure.internal else "error"
        if color:
            label = click.style(label, fg="red", bold=True)
        path, message = printable(failure.path), _indented(failure.message)
        write(stream, f"{label}: {path}: {message}\n" if path else f"{label}: {message}\n")


def summary(result: RunResult) -> str:
    """Return the summary line: `Found 3 errors, 2 warnings in 2 of 120 files.`"""
    files = _number(result.files, "file")
    failed = len({failure.path for failure in result.failures})
    missing = f" {_number(failed, 'path')} could not be checked." if failed else ""
    if not result.findings:
        return (f"Found nothing in {files}." if result.files else "There was no file to check.") + missing
    severities = [finding.severity for finding in result.findings]
    found = ", ".join(
        _number(severities.count(severity), severity.value) for severity in Severity if severity in severities
    )
    with_findings = len({finding.path for finding in result.findings})
    return f"Found {found} in {with_findings} of {files}.{missing}"


def fixable(result: RunResult) -> str:
    """Return a line that says what `--fix` would do, or nothing where no finding offers a fix."""
    fixes = [finding.fix for finding in result.findings if finding.fix is not None]
    safe = sum(fix.safe for fix in fixes)
    unsafe = len(fixes) - safe
    if not fixes:
        return ""
    if not safe:
        return f"{_number(unsafe, 'fix', 'fixes')} with --unsafe-fixes."
    more = f", {unsafe} more with --unsafe-fixes" if unsafe else ""
    return f"{_number(safe, 'fix', 'fixes')} with --fix{more}."


def _number(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def _indented(message: str) -> str:
    return "\n  ".join(printable(line) for line in message.splitlines())
