"""Answering for one line of a program: its modules summarised, linked and asked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from conclint.discovery import discover
from conclint.errors import SourceError
from conclint.finding import Failure
from conclint.run.check import check_source
from conclint.run.files import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conclint.program import ModuleSummary


def explained(path: str, line: int, paths: Sequence[str]) -> tuple[list[str], list[Failure]]:
    """Return what is known about a line (1-based) of a file, in a program made of `paths` and the file itself.

    What can't be read or parsed is told in the failures, and the rest answered for.
    """
    from conclint.program import Program
    from conclint.program.explaining import explain

    found = discover(list(paths)) if paths else None
    failures = list(found.failures) if found is not None else []
    files = {os.path.normpath(name): name for name in (found.files if found is not None else ())}
    files.setdefault(path, path)
    summaries: list[ModuleSummary] = []
    for name in files.values():
        try:
            sources = read(name)
        except SourceError as problem:
            failures.append(Failure(problem.path, problem.reason))
            continue
        for source in sources:
            result = check_source(source, ())
            failures.extend(result.failures)
            if result.summary is not None:
                summaries.append(result.summary)
            elif not result.failures and name == files[path]:
                failures.append(Failure(name, "is no Python that can be parsed"))
    return explain(Program(summaries), files[path], line), failures
