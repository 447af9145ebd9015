"""Annotations for GitHub Actions: workflow commands on the standard output.

The form and its escapes are those of `@actions/core` (`packages/core/src/command.ts` of actions/toolkit).
Columns are left out where a span covers several lines: the checks API takes them for single lines only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from conclint.report.layout import printable
from conclint.report.output import write

if TYPE_CHECKING:
    from conclint.finding import Failure, Finding
    from conclint.run.result import RunResult


def render_github(result: RunResult, *, stream: TextIO) -> None:
    """Write one command for each finding and for each failure."""
    for finding in result.findings:
        write(stream, _annotation(finding))
    for failure in result.failures:
        write(stream, _error(failure))


def _annotation(finding: Finding) -> str:
    span = finding.span
    properties: dict[str, object] = {
        "file": printable(finding.path),
        "line": span.line,
        "endLine": span.end_line,
    }
    if span.line == span.end_line:
        # An exclusive end is one more than what the API calls the end column.
        properties |= {"col": span.column, "endColumn": max(span.end_column - 1, span.column)}
    properties["title"] = f"{finding.code} {finding.name}"
    notes = [
        f"{printable(related.path)}:{related.span.line}:{related.span.column}: {printable(related.message)}"
        for related in finding.related
    ]
    return _command(finding.severity.value, properties, "\n".join([finding.message, *notes]))


def _error(failure: Failure) -> str:
    title = "conclint: internal error" if failure.internal else "conclint"
    properties = {"file": printable(failure.path)} if failure.path else {}
    return _command("error", {**properties, "title": title}, failure.message)


def _command(name: str, properties: dict[str, object], message: str) -> str:
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {listed}::{_data(message)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
