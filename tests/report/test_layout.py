from __future__ import annotations

import unicodedata

import hypothesis
import hypothesis.strategies as st
import pytest

from conclint.finding import Span
from conclint.report.layout import LONGEST, Excerpt, excerpt, excerpt_of, lines_of, width


@pytest.mark.parametrize(
    ("line", "start", "end", "expected"),
    [
        ("x = lock()", 4, 10, Excerpt("x = lock()", 4, 6)),
        ("\tx = 1", 1, 2, Excerpt("    x = 1", 4, 1)),
        ("  \tx\ty", 3, 6, Excerpt("    x   y", 4, 5)),
        ("座\tx", 2, 3, Excerpt("座  x", 4, 1)),
        ("e\u0301 = 1", 0, 2, Excerpt("e\u0301 = 1", 0, 1)),
        ("x", 1, 1, Excerpt("x", 1, 1)),
        ("x", 70, 90, Excerpt("x", 1, 1)),
        ("", 0, 0, Excerpt("", 0, 1)),
    ],
)
def test_excerpt(line: str, start: int, end: int, expected: Excerpt) -> None:
    assert excerpt(line, start, end) == expected


def test_a_long_line_is_cut_around_the_mark() -> None:
    shown = excerpt("a" * 5000 + "MARK" + "b" * 5000, 5000, 5004)
    assert len(shown.text) == LONGEST
    assert shown.text[shown.start : shown.start + shown.length] == "MARK"
    assert shown.text.startswith("…a")
    assert shown.text.endswith("b…")


def test_a_long_mark_is_cut_too() -> None:
    shown = excerpt("x = " + "a" * 5000, 4, 5004)
    assert len(shown.text) == LONGEST
    assert shown.start + shown.length == LONGEST


def test_a_form_feed_ends_no_line() -> None:
    assert lines_of("a\x0cb\r\nc\rd\u2028e\n") == ["a\x0cb", "c", "d\u2028e", ""]


def test_a_span_of_several_lines_is_marked_to_the_end_of_its_first() -> None:
    assert excerpt_of(Span(2, 1, 3, 2), ["", "f(  ", ")"]) == Excerpt("f(", 0, 2)
    assert excerpt_of(Span(4, 1, 4, 2), ["", "f(", ")"]) is None


@hypothesis.given(st.text(alphabet=st.characters(exclude_characters="\r\n"), max_size=300), st.data())
def test_the_mark_lies_within_what_is_shown_and_nothing_is_obeyed(line: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    shown = excerpt(line, start, end)
    assert shown.length >= 1
    assert len(shown.text) <= LONGEST
    assert shown.start <= 4 * LONGEST
    assert width(shown.text) >= 0
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in shown.text)
