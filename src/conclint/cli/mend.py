"""`--fix` and `--diff`: applying fixes to the files they are for, or showing what they would change."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING

from conclint.errors import SourceError
from conclint.finding import Failure
from conclint.report.output import write as write_text
from conclint.run import files, fixes, rewrite
from conclint.source.load import load, to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.finding import Finding
    from conclint.run.fixes import Fixed
    from conclint.run.result import RunResult
    from conclint.run.settings import Settings
    from conclint.source import Source


def mended(
    result: RunResult, settings: Settings, *, unsafe: bool, given: Source | None = None
) -> Iterator[Fixed | Failure]:
    """Yield what becomes of each file that has findings with fixes, in order.

    `given` is a source that was read already, and whose path names no file.
    """
    with_fix = (finding for finding in result.findings if finding.fix is not None)
    for path, group in itertools.groupby(with_fix, lambda finding: finding.path):
        try:
            source = given if given is not None and given.path == path else load(path)
        except SourceError as problem:
            yield Failure(problem.path, problem.reason)
            continue
        fixed = fixes.fix(source, list(group), _lint(settings), unsafe=unsafe, pieces=files.pieces)
        if fixed.changed:
            yield fixed


def _lint(settings: Settings) -> fixes.Lint:
    def lint(source: Source) -> list[Finding]:
        return files.lint(source, settings)

    return lint


def show(fixed: Fixed) -> None:
    """Write what would change as a unified diff."""
    write_text(sys.stdout, rewrite.diff(fixed))


def store(fixed: Fixed) -> Failure | None:
    """Replace the file by its mended text; return why that can't be done."""
    try:
        rewrite.write(fixed)
    except SourceError as problem:
        return Failure(problem.path, problem.reason)
    return None


def pour(source: Source, text: str) -> Failure | None:
    """Write a text to standard output in the encoding of `source`; return why that can't be done."""
    try:
        data = to_bytes(source, text)
    except SourceError as problem:
        return Failure(problem.path, problem.reason)
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    return None
