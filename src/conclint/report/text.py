"""The reports for people: each finding with its source line, and the short form with one line each."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

import click
import msgspec

from conclint.finding import Severity
from conclint.report import counts
from conclint.report.layout import ReadSource, excerpt_of, lines_of, printable
from conclint.report.output import write

if TYPE_CHECKING:
    from conclint.finding import Finding, Span
    from conclint.run.result import RunResult

_Lines = Callable[[str], "list[str]"]


def render_text(result: RunResult, *, stream: TextIO, color: bool, read_source: ReadSource) -> None:
    """Write every finding with the lines it speaks of, and a summary."""
    painter = Painter(color=color)

    # Findings come sorted by path and point mostly into their own file.
    @functools.lru_cache(maxsize=16)
    def lines(path: str) -> list[str]:
        text = read_source(path)
        return [] if text is None else lines_of(text)

    for finding in result.findings:
        write(stream, "".join(_block(finding, painter, lines)) + "\n")
    write(stream, counts.summary(result) + "\n")
    if hint := counts.fixable(result):
        write(stream, hint + "\n")


def render_concise(result: RunResult, *, stream: TextIO, color: bool) -> None:
    """Write one line for each finding and nothing else."""
    painter = Painter(color=color)
    for finding in result.findings:
        write(stream, _headline(finding, painter))


class Painter(msgspec.Struct, frozen=True):
    """Colours text, or leaves it alone."""

    color: bool

    def __call__(self, text: str, foreground: str | None = None, *, bold: bool = False) -> str:
        return click.style(text, fg=foreground, bold=bold or None) if self.color else text


def _headline(finding: Finding, painter: Painter) -> str:
    where = _where(finding.path, finding.span, painter)
    code = painter(finding.code, counts.COLORS[finding.severity], bold=True)
    grade = " (warning)" if finding.severity is Severity.WARNING else ""
    return f"{where}: {code} {finding.name}{grade}: {printable(finding.message)}\n"


def _where(path: str, span: Span, painter: Painter) -> str:
    return f"{painter(printable(path), bold=True)}:{span.line}:{span.column}"


def _block(finding: Finding, painter: Painter, lines: _Lines) -> list[str]:
    spans = [finding.span, *(related.span for related in finding.related)]
    gutter = len(str(max(span.line for span in spans)))
    color = counts.COLORS[finding.severity]
    parts = [_headline(finding, painter), _quoted(finding.span, lines(finding.path), gutter, painter, color)]
    for related in finding.related:
        where = _where(related.path, related.span, painter)
        parts += [
            f"{' ' * gutter} {painter('>', 'blue')} {where}: {printable(related.message)}\n",
            _quoted(related.span, lines(related.path), gutter, painter, "blue"),
        ]
    if finding.fix is not None:
        option = "--fix" if finding.fix.safe else "--unsafe-fixes"
        hint = f"{printable(finding.fix.description)} ({option})"
        parts.append(f"{' ' * gutter} {painter('=', 'green')} fix: {hint}\n")
    return parts


def _quoted(span: Span, lines: list[str], gutter: int, painter: Painter, color: str) -> str:
    shown = excerpt_of(span, lines)
    if shown is None:
        return ""
    bar = painter("|", "blue")
    number = painter(f"{span.line:>{gutter}}", "blue")
    more = "..." if span.end_line > span.line else ""
    carets = painter("^" * shown.length + more, color, bold=True)
    code = f" {shown.text}" if shown.text else ""
    return f"{number} {bar}{code}\n{' ' * gutter} {bar} {' ' * shown.start}{carets}\n"
