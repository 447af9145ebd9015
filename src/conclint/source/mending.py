"""Text that is no Python because of signs from another keyboard, and the Python that was meant."""

from __future__ import annotations

import ast
import bisect
import unicodedata
import warnings
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from conclint.errors import SyntaxFailure
from conclint.finding import Edit, Span
from conclint.source.lines import line_starts
from conclint.source.scan import scan
from conclint.source.twins import IDEOGRAPHIC_SPACE, SURE, TWINS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conclint.source.source import Source

_NEAR = 20


class Misplaced(NamedTuple):
    """A sign, or a run of one kind of blank, that stands in code, with what should stand there instead."""

    span: Span
    signs: str
    twin: str


class Mending(msgspec.Struct, frozen=True):
    """What is misplaced in a text, what would mend all of it, and what would then still be wrong.

    `edits` are there only where the text with them in it is Python, and means one thing; `remaining` is the
    parser's failure with the twins in place, at its place in the text as it stands.
    """

    misplaced: tuple[Misplaced, ...] = ()
    edits: tuple[Edit, ...] = ()
    remaining: SyntaxFailure | None = None


class _Place(NamedTuple):
    start: int
    end: int
    twin: str


def mend(source: Source, parse: Callable[[Source], object]) -> Mending:
    """Return what is misplaced in `source`, which `parse` gave up on. `parse` raises `SyntaxFailure`.

    Signs that prose is full of too count only where the whole text is Python once they are replaced; where it
    is not, neither do signs between words of another script than Python's.
    """
    text = source.text
    readings = _readings(text)
    if not readings:
        return Mending()
    starts = line_starts(text)
    parsed = []
    failure = None
    for attempt in readings:
        try:
            parse(msgspec.structs.replace(source, text=_replaced(text, attempt)))
        except SyntaxFailure as met:
            failure = failure or met
        else:
            parsed.append(attempt)
    if not parsed:
        assert failure is not None
        certain = [place for place in readings[0] if _certain(text, place)]
        return Mending(_misplaced(text, certain, starts), remaining=_moved_back(failure, readings[0], starts))
    one_meaning = len(parsed) == 1 or _same_tree(*(_replaced(text, attempt) for attempt in parsed))
    found = _misplaced(text, parsed[0], starts)
    return Mending(found, tuple(Edit(at.span, at.twin) for at in found) if one_meaning else ())


def _readings(text: str) -> list[list[_Place]]:
    """Return what may be misplaced, likeliest first.

    A string may end earlier than its own kind of mark stands, and an ideographic space in an indentation may mean two
    spaces, as wide as it looks. Signs are replaced by one each otherwise.
    """
    found: list[list[_Place]] = []
    for eager in (False, True):
        places = [
            _Place(start, end, "".join(TWINS[sign] for sign in text[start:end]))
            for start, end in scan(text, eager=eager).places
        ]
        wider = [
            place._replace(twin="  " * len(place.twin)) if _indents(text, place) else place
            for place in places
        ]
        found += (reading for reading in (places, wider) if reading and reading not in found)
    return found


def _indents(text: str, place: _Place) -> bool:
    if text[place.start] != IDEOGRAPHIC_SPACE:
        return False
    before = text[max(0, place.start - _NEAR) : place.start].rpartition("\n")[2].rpartition("\r")[2]
    return not before.strip()


def _replaced(text: str, places: Sequence[_Place]) -> str:
    parts: list[str] = []
    at = 0
    for place in places:
        parts += text[at : place.start], place.twin
        at = place.end
    return "".join([*parts, text[at:]])


def _same_tree(*texts: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return len({ast.dump(ast.parse(text)) for text in texts}) == 1
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _certain(text: str, place: _Place) -> bool:
    if text[place.start] not in SURE:
        return False
    before = text[max(0, place.start - _NEAR) : place.start].rstrip(" \t")[-1:]
    after = text[place.end : place.end + _NEAR].lstrip(" \t")[:1]
    return not (_other_script(before) and _other_script(after))


def _other_script(character: str) -> bool:
    return not character.isascii() and unicodedata.category(character)[0] == "L"


def _misplaced(text: str, places: Sequence[_Place], starts: Sequence[int]) -> tuple[Misplaced, ...]:
    found = []
    for place in places:
        line = bisect.bisect_right(starts, place.start)
        column = place.start - starts[line - 1] + 1
        span = Span(line, column, line, column + place.end - place.start)
        found.append(Misplaced(span, text[place.start : place.end], place.twin))
    return tuple(found)


def _moved_back(failure: SyntaxFailure, places: Sequence[_Place], starts: Sequence[int]) -> SyntaxFailure:
    """Return a failure of the text with the twins at its place in the text without them."""
    if failure.line > len(starts):
        return failure
    at = starts[failure.line - 1]
    column = failure.column - 1
    first = bisect.bisect_left(places, at, key=lambda place: place.start)
    for place in places[first:]:
        before = place.start - at
        if before + len(place.twin) > column:
            column = min(column, before)
            break
        at += place.end - place.start - len(place.twin)
    offset = at + column
    return SyntaxFailure(failure.reason, failure.line, offset - starts[failure.line - 1] + 1)
