"""Laying out source text for a terminal: what a line looks like there, and how wide each part of it is.

A cell is the width of one Latin letter. East Asian wide characters take two cells (Unicode Standard
Annex 11), combining marks and format characters none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from conclint.finding import Span

ReadSource = Callable[[str], "str | None"]

TAB = 4
LONGEST = 160
_BEFORE = 40
_LINE_END = re.compile(r"\r\n|\r|\n")
_PICTURES = 0x2400
_NO_WIDTH = frozenset({"Mn", "Me", "Cf"})
# Bidirectional controls can show code in another order than it runs in (CVE-2021-42574).
_HARMFUL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def lines_of(text: str) -> list[str]:
    """Return the lines of `text` as Python counts them: a form feed or U+2028 ends none."""
    return _LINE_END.split(text)


def printable(text: str) -> str:
    """Return `text` on one line, without anything that a terminal would obey and without lone surrogates."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(char) if _is_unsafe(char) else char for char in text)


def width(text: str) -> int:
    """Return how many cells `text` takes; it holds no tabs or control characters."""
    return sum(_cells(char) for char in text)


class Excerpt(msgspec.Struct, frozen=True):
    """One source line as a terminal shows it, and the cells of it that are underlined (0-based)."""

    text: str
    start: int
    length: int


def excerpt(line: str, start: int, end: int) -> Excerpt:
    """Return how `line` looks, with the code points from `start` up to `end` (0-based) underlined.

    Tabs become spaces, control characters their pictures, and a very long line is cut around the start. An
    empty range or one beyond the line is underlined by one cell.
    """
    start = min(max(start, 0), len(line))
    end = min(max(end, start), len(line))
    before, marked, after = _visible(line[:start]), "", ""
    marked = _visible(line[start:end], before)
    after = _visible(line[end : end + LONGEST], before + marked)
    cut = line[end + LONGEST :]
    if len(before) + len(marked) + len(after) > LONGEST or cut:
        before, marked, after = _shortened(before, marked, after + cut[:1])
    return Excerpt((before + marked + after).rstrip(), width(before), max(width(marked), 1))


def excerpt_of(span: Span, lines: Sequence[str]) -> Excerpt | None:
    """Return the first line of `span`, its part of the span underlined, or None if there is no such line."""
    if not 1 <= span.line <= len(lines):
        return None
    line = lines[span.line - 1]
    end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    return excerpt(line, span.column - 1, end)


def _shortened(before: str, marked: str, after: str) -> tuple[str, str, str]:
    if len(before) > _BEFORE:
        before = "…" + before[-_BEFORE:]
    if len(marked) > (room := LONGEST - len(before)):
        return before, marked[: room - 1] + "…", ""
    if len(after) > (room := LONGEST - len(before) - len(marked)):
        after = after[: max(room - 1, 0)] + "…"
    return before, marked, after


def _visible(text: str, before: str = "") -> str:
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    column = width(before)
    for char in text:
        piece = " " * (TAB - column % TAB) if char == "\t" else _picture(char)
        shown.append(piece)
        column += width(piece)
    return "".join(shown)


def _picture(char: str) -> str:
    if not _is_unsafe(char):
        return char
    if char < " ":
        return chr(_PICTURES + ord(char))
    return "\u2421" if char == "\x7f" else "\ufffd"


def _is_unsafe(char: str) -> bool:
    return char in _HARMFUL or unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


def _cells(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.category(char) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
