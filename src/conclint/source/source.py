"""One piece of Python text and where it came from."""

from __future__ import annotations

import msgspec

from conclint.finding import Span
from conclint.source.naming import absolute, module_name


class Source(msgspec.Struct, frozen=True):
    """Python text, decoded, without its byte order mark, line ends untouched.

    `path` is spelled as the user reached the file. `first_line` and `indent` say where the text stands in its
    document: line 1 of the text is line `first_line`, and `indent` columns were taken off each line. Where
    that differs between lines, `margins` holds the columns that were taken off each of the first lines
    (negative where a tab became more spaces than it had columns to itself) and `indent` counts for the rest.

    A `fragment` comes from a document (a Markdown fence): what it imports elsewhere is not to be seen, so
    well-known names that nothing binds count as the standard library's. Where the fragment was `indented` as
    a whole, it is the inside of some block and not a module's top level.
    """

    path: str
    text: str
    encoding: str = "utf-8"
    has_bom: bool = False
    first_line: int = 1
    indent: int = 0
    margins: tuple[int, ...] = ()
    fragment: bool = False
    indented: bool = False

    @property
    def module(self) -> str:
        """The dotted name under which it is imported, as far as its folders tell."""
        return "" if self.fragment else module_name(self.path)

    def absolute(self, name: str) -> str:
        """Return the absolute name that a relative import means in this module, empty when it leads nowhere."""
        return absolute(name, self.module, is_package=self.path.rpartition("/")[2] == "__init__.py")

    def in_document(self, span: Span) -> Span:
        """Return a span of this text as a span of the document it stands in."""
        if self.first_line == 1 and not self.indent and not self.margins:
            return span
        lines = self.first_line - 1
        return Span(
            span.line + lines,
            self._column(span.line, span.column),
            span.end_line + lines,
            self._column(span.end_line, span.end_column),
        )

    def margin(self, line: int) -> int:
        """Return how many columns were taken off a line of this text (1-based)."""
        return self.margins[line - 1] if line <= len(self.margins) else self.indent

    def _column(self, line: int, column: int) -> int:
        return max(1, column + self.margin(line))
