"""One piece of Python text and where it came from."""

from __future__ import annotations

import dataclasses

from conclint.finding import Span


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """Python text, decoded, without its byte order mark, line ends untouched.

    `path` is spelled as the user reached the file. `first_line` and `indent` say where the text stands in its
    document: line 1 of the text is line `first_line`, and `indent` columns were taken off each line. A
    `fragment` comes from a document (a Markdown fence): what it imports elsewhere is not to be seen, so
    well-known names that nothing binds count as the standard library's.
    """

    path: str
    text: str
    encoding: str = "utf-8"
    has_bom: bool = False
    first_line: int = 1
    indent: int = 0
    fragment: bool = False

    def in_document(self, span: Span) -> Span:
        """Return a span of this text as a span of the document it stands in."""
        if self.first_line == 1 and not self.indent:
            return span
        lines = self.first_line - 1
        return Span(
            span.line + lines, span.column + self.indent, span.end_line + lines, span.end_column + self.indent
        )
