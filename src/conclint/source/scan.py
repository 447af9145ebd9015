"""A lexer for text that is no Python: it never gives up, and says where code is and where strings and comments are.

Quotation marks of word processors open and close strings here as if they were Python's. Text between them is text;
the marks are misplaced signs.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from conclint.source.twins import (
    BLANKS,
    DOUBLE_QUOTES,
    FULL_WIDTH_DIGITS,
    SINGLE_QUOTES,
    TWINS,
)

_QUOTES = DOUBLE_QUOTES | SINGLE_QUOTES
_MARKS = "".join(sorted(_QUOTES))
_SIGNS = "".join(sorted(set(TWINS) - _QUOTES - FULL_WIDTH_DIGITS - BLANKS))
_CODE = re.compile(
    rf"""
    (?P<newline> \r\n | \r | \n)
  | (?P<continued> [\\＼] (?: \r\n | \r | \n))
  | (?P<comment> [#＃] [^\r\n]*)
  | (?P<string> (?: \b (?i: [rubft] | [bft]r | r[bft]))? (?= [{_MARKS}]))
  | (?P<word> \w+)
  | (?P<blank> (?P<one> [{"".join(sorted(BLANKS))}]) (?P=one)*)
  | (?P<sign> [{re.escape(_SIGNS)}])
  | (?P<space> [ \t\f]+)
  | (?P<other> [\s\S])
    """,
    re.VERBOSE,
)
_DIGITS = re.compile(rf"[{''.join(sorted(FULL_WIDTH_DIGITS))}]+")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_AFTER_STRING = re.compile(r"[ \t]*(?:[,)\]}:;.+%\r\n，）】］｝：；。＋％、]|$)")
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_FIELD_ENDS = frozenset("}:")
_DEEPEST_FIELD = 6
_NEAR = 500  # how far apart signs may be that are thought to belong together: the length of a very long line


class Scan(NamedTuple):
    """`places` are the (start, end) of the misplaced signs, a run of one kind of blank being one place; `statements`
    are the offsets of the lines on which a statement may start. Both ascend.
    """

    places: list[tuple[int, int]]
    statements: list[int]


class _Mark(NamedTuple):
    """Where the lexer stood before an ASCII string of which a typographic mark may be the end."""

    offset: int
    places: int
    depth: int


def scan(text: str, *, eager: bool = False) -> Scan:
    """Return where misplaced signs and the starts of statements are; linear in the text.

    Typographic marks inside an ASCII string are text of it, unless another string would then have no end. With
    `eager` such a mark ends the string wherever that would do.
    """
    scanner = _Scanner(text, eager=eager)
    scanner.module()
    return Scan(scanner.places, scanner.statements)


class _Scanner:
    def __init__(self, text: str, *, eager: bool) -> None:
        self.text = text
        self._eager = eager
        self.places: list[tuple[int, int]] = []
        self.statements: list[int] = [0]
        self.depth = 0
        self._mark: _Mark | None = None
        self._loose: set[int] = set()  # ASCII strings that end with a typographic mark

    def module(self) -> None:
        at, end = 0, len(self.text)
        while at < end:
            found = _CODE.match(self.text, at)
            assert found is not None, "one of the alternatives takes any character"
            if found.lastgroup == "string":
                at = self._string(found.start(), found.end(), 0)
            else:
                at = found.end()
                self._token(found)
                if found.lastgroup == "newline":
                    self._mark = None
                    if self.depth == 0:
                        self.statements.append(at)

    def _token(self, found: re.Match[str]) -> None:
        """Note what is misplaced in a token that is no string, and count brackets."""
        kind, start = found.lastgroup, found.start()
        if kind == "word":
            if self.text[start].isdecimal() and self.text[start] in "0123456789０１２３４５６７８９":
                self.places += (run.span() for run in _DIGITS.finditer(self.text, start, found.end()))
            return
        sign = self.text[start]
        if kind in ("sign", "blank"):
            self.places.append(found.span())
        elif kind in ("comment", "continued") and sign in TWINS:
            self.places.append((start, start + 1))
        meant = TWINS.get(sign, sign)
        if meant in _OPENING:
            self.depth += 1
        elif meant in _CLOSING and self.depth:
            self.depth -= 1

    def _string(self, start: int, quote: int, nesting: int) -> int:
        """Go over a string whose prefix starts at `start` and whose mark stands at `quote`; return its end."""
        text = self.text
        mark = text[quote]
        family = DOUBLE_QUOTES if mark in DOUBLE_QUOTES else SINGLE_QUOTES
        formatted = nesting < _DEEPEST_FIELD and any(letter in "fFtT" for letter in text[start:quote])
        triple = len(text) >= quote + 3 and all(text[at] in family for at in range(quote, quote + 3))
        if triple and (mark not in "\"'" or text[quote : quote + 3] == mark * 3):
            return self._triple(quote, mark, family, formatted=formatted, nesting=nesting)
        before = _Mark(start, len(self.places), self.depth)
        if mark not in "\"'":
            self.places.append((quote, quote + 1))
            closed = self._inside(quote + 1, family, formatted=formatted, nesting=nesting)
            if closed is None:
                del self.places[before.places + 1 :]
                return self._again(quote, quote + 1) if nesting == 0 else quote + 1
            return self._closed(closed)
        if start not in self._loose:
            closed = self._inside(quote + 1, frozenset(mark), formatted=formatted, nesting=nesting)
            early = closed is not None and nesting == 0 and self._might_end(quote + 1, closed, family)
            if closed is not None and not (early and self._eager):
                if early:
                    self._mark = before
                return closed + 1
            del self.places[before.places :]
        end = self._end_of_line(quote)
        near = min(end, quote + _NEAR)
        marks = [at for at in range(quote + 1, near) if text[at] in family and text[at] != mark]
        if marks:
            closed = next((at for at in marks if _AFTER_STRING.match(text, at + 1)), marks[-1])
            return self._closed(closed)
        return self._again(quote, end) if nesting == 0 else end

    def _again(self, quote: int, end: int) -> int:
        """Return where to go on when a string does not end: an earlier one may have ended too late."""
        mark, self._mark = self._mark, None
        if mark is None or quote - mark.offset > _NEAR:
            return end
        self._loose.add(mark.offset)
        del self.places[mark.places :]
        self.depth = mark.depth
        return mark.offset

    def _might_end(self, start: int, end: int, family: frozenset[str]) -> bool:
        marks = (at for at in range(start, end) if self.text[at] in family)
        return any(_AFTER_STRING.match(self.text, at + 1) for at in marks)

    def _closed(self, at: int) -> int:
        if self.text[at] in TWINS:
            self.places.append((at, at + 1))
        return at + 1

    def _triple(self, quote: int, mark: str, family: frozenset[str], *, formatted: bool, nesting: int) -> int:
        before = len(self.places)
        self._all_three(quote)
        opened = len(self.places)
        for marks in (frozenset(mark), family) if mark in "\"'" else (family,):
            closed = self._inside(quote + 3, marks, formatted=formatted, nesting=nesting, width=3)
            if closed is not None:
                return self._all_three(closed)
            del self.places[opened:]
        del self.places[before:]
        return len(self.text) if mark in "\"'" else quote + 1

    def _all_three(self, at: int) -> int:
        self.places += ((place, place + 1) for place in range(at, at + 3) if self.text[place] in TWINS)
        return at + 3

    def _inside(
        self, at: int, marks: frozenset[str], *, formatted: bool, nesting: int, width: int = 1
    ) -> int | None:
        """Return where the marks stand that close a string whose text starts at `at`; None without."""
        special = _special(marks, formatted=formatted)
        text = self.text
        while (found := special.search(text, at)) is not None:
            at, sign = found.start(), found[0]
            if sign == "\\":
                at += 3 if text.startswith("\r\n", at + 1) else 2
            elif sign in "\r\n":
                if width == 1:
                    return None
                at += 1
            elif sign == "{":
                at = at + 2 if text.startswith("{{", at) else self._field(at + 1, marks, width, nesting)
            elif text[at] in marks and (
                width == 1 or all(mark in marks for mark in text[at : at + 3].ljust(3))
            ):
                return at
            else:
                at += 1
        return None

    def _field(self, at: int, marks: frozenset[str], width: int, nesting: int) -> int:
        """Go over a replacement field as code, then over its format; return where the string goes on."""
        text, outer, self.depth = self.text, self.depth, 0
        operand_next = True
        while at < len(text):
            found = _CODE.match(text, at)
            assert found is not None, "one of the alternatives takes any character"
            kind, sign = found.lastgroup, TWINS.get(text[at], text[at])
            ends = (kind == "newline" and width == 1) or (self.depth == 0 and sign in _FIELD_ENDS)
            if ends or (kind == "string" and text[found.end()] in marks and not operand_next):
                break
            if kind == "string":
                at = self._string(at, found.end(), nesting + 1)
                operand_next = False
                continue
            self._token(found)
            if kind not in ("space", "blank", "newline"):
                operand_next = kind != "word" and sign not in _CLOSING
            at = found.end()
        self.depth = outer
        if at < len(text) and TWINS.get(text[at], text[at]) in _FIELD_ENDS:
            if text[at] in TWINS:
                self.places.append((at, at + 1))
            return at + 1  # a format is text, in which further fields may stand
        return at

    def _end_of_line(self, at: int) -> int:
        found = _NEWLINE.search(self.text, at)
        return found.start() if found else len(self.text)


@functools.cache
def _special(marks: frozenset[str], *, formatted: bool) -> re.Pattern[str]:
    """Match what has a meaning inside a string."""
    return re.compile(rf"[{''.join(sorted(marks))}\\\r\n{'{' if formatted else ''}]")
