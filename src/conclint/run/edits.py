"""Applying edits to a text."""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Iterable, Sequence

import msgspec

from conclint.finding import Edit, Fix
from conclint.source import Source
from conclint.source.lines import line_starts, split_lines, without_end

_LINE_END = re.compile(r"\r\n|\r|\n")


class EditError(ValueError):
    """Edits that don't fit the text they are for, or each other."""


class Replacement(msgspec.Struct, frozen=True):
    """Put `text` in place of the code points from offset `start` up to `end` (0-based)."""

    start: int
    end: int
    text: str

    def clashes(self, other: Replacement) -> bool:
        """Tell whether the order of the two would matter."""
        return self.start == other.start or (self.start < other.end and other.start < self.end)


class Taken:
    """Replacements none of which clash, kept in order of place."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._made: list[Replacement] = []

    def clashes(self, one: Replacement) -> bool:
        """Tell whether a replacement clashes with one that is here."""
        index = bisect.bisect(self._starts, one.start)
        return any(one.clashes(other) for other in self._made[max(index - 1, 0) : index + 1])

    def add(self, replacements: Iterable[Replacement]) -> None:
        """Add replacements that clash neither with each other nor with any that are here."""
        for one in replacements:
            index = bisect.bisect(self._starts, one.start)
            self._starts.insert(index, one.start)
            self._made.insert(index, one)


class Text:
    """A text whose places are known by line and column (1-based, in code points) and by offset (0-based)."""

    def __init__(self, text: str, pieces: Sequence[Source] = ()) -> None:
        """Take a text, and for a document the pieces of Python in it."""
        self.text = text
        self._starts = line_starts(text)
        self._lines = split_lines(text)
        if len(self._lines) < len(self._starts):
            self._lines.append("")
        self._pieces = pieces

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a place; the end of a line is one column after its last.

        Raises `EditError` for a place outside of the text.
        """
        if not 1 <= line <= len(self._starts):
            raise EditError(f"there is no line {line}")
        offset = self._starts[line - 1] + column - 1
        if not 0 < column <= len(self.line(line)) + 1:
            raise EditError(f"there is no column {column} on line {line}")
        return offset

    def line(self, number: int) -> str:
        """Return the text of a line without its end. Raises `IndexError` for a line outside of the text."""
        return without_end(self._lines[number - 1])

    def newline(self, line: int) -> str:
        r"""Return how `line` ends; the last line ends like the first, a text of one line in "\n"."""
        ends = (each[len(without_end(each)) :] for each in (self._lines[line - 1], self._lines[0]))
        return next((end for end in ends if end), "\n")

    def replacements(self, fix: Fix) -> list[Replacement]:
        """Return what a fix replaces, in order of place.

        New lines end as the line they come to, and in a document they get the margin of the piece they are in.
        Raises `EditError` where an edit lies outside of the text or clashes with another one.
        """
        found = sorted((self._replacement(edit) for edit in fix.edits), key=lambda one: (one.start, one.end))
        for one, other in itertools.pairwise(found):
            if one.clashes(other):
                raise EditError("two edits are for the same place")
        return found

    def _replacement(self, edit: Edit) -> Replacement:
        span = edit.span
        start, end = self.offset(span.line, span.column), self.offset(span.end_line, span.end_column)
        if end < start:
            raise EditError("an edit ends before it starts")
        between = self.newline(span.line) + self.line(span.line)[: self._margin(span.line)]
        return Replacement(start, end, between.join(_LINE_END.split(edit.text)))

    def piece_at(self, line: int) -> int:
        """Return the index of the piece that holds a line of the document, -1 for none."""
        for index, piece in enumerate(self._pieces):
            if piece.first_line <= line < piece.first_line + len(line_starts(piece.text)):
                return index
        return -1

    def _margin(self, line: int) -> int:
        index = self.piece_at(line)
        return (
            max(0, self._pieces[index].margin(line - self._pieces[index].first_line + 1)) if index >= 0 else 0
        )

    def replaced(self, replacements: Iterable[Replacement]) -> str:
        """Return the text with all of the replacements made; none of them clash."""
        parts = []
        done = 0
        for one in sorted(replacements, key=lambda one: (one.start, one.end)):
            parts += [self.text[done : one.start], one.text]
            done = one.end
        return "".join([*parts, self.text[done:]])
