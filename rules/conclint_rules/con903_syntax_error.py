"""CON903 syntax-error."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Report
from conclint.finding import Span
from conclint.rule import SourceRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.errors import SyntaxFailure
    from conclint.source import Source


class NoPython(SourceRule):
    """A file that handles concurrency is no Python, so nothing in it could be checked.

    The finding stands where the parser gave up and has the parser's words. The other files are checked as if
    this one were not there.

    ## Why
    A file that does not parse does not run (Language Reference, 10 "Full Grammar specification"); and a linter that
    passed over it in silence would call it clean.

    ## How to fix
    Correct the place that is named, or what stands before it: a parser notices a missing parenthesis or quote only
    later. Leave out of the run what is not meant to be Python, with `exclude` in `[tool.conclint]`.

    ## What is missed
    Files that handle no concurrency are not parsed, so their mistakes go unseen. A file with full-width signs in its code
    (CON902) is reported here only for what is wrong beside them. What the grammar allows and the compiler refuses, such
    as `return` outside a function, is no finding.
    """

    code: ClassVar[str] = "CON903"
    name: ClassVar[str] = "syntax-error"

    def check(self, source: Source, failure: SyntaxFailure) -> Iterator[Report]:
        from conclint.model.broken import mending_of

        mending = mending_of(source)
        if mending.misplaced and mending.remaining is None:
            return
        shown = mending.remaining or failure
        span = Span(shown.line, shown.column, shown.line, shown.column)
        yield Report(span, f"no Python: {shown.reason}")
