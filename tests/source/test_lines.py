"""Lines as Python counts them, and positions in the document that a text stands in."""

from __future__ import annotations

import ast

from hypothesis import given
from hypothesis import strategies as st

from conclint.finding import Span
from conclint.source.lines import line_starts, split_lines, without_end
from conclint.source.source import Source

TEXTS = st.text(st.sampled_from("ab \t\r\n\x0b\x0c\x1c\x85\u2028"))


@given(TEXTS)
def test_lines_joined_are_the_text(text: str) -> None:
    lines = split_lines(text)
    assert "".join(lines) == text
    assert [without_end(line) for line in lines] == [line.rstrip("\r\n") for line in lines]


@given(TEXTS)
def test_lines_start_where_the_line_before_ends(text: str) -> None:
    lines = split_lines(text)
    starts = line_starts(text)
    assert [text[start:].startswith(line) for start, line in zip(starts, lines, strict=False)] == [
        True
    ] * len(lines)
    assert len(starts) == len(lines) + (text == "" or text.endswith(("\r", "\n")))


@given(st.lists(st.sampled_from(["\n", "\r\n", "\r", "\x0c", "'\u2028'\n", "'\x85'\n"])))
def test_python_counts_the_same_lines(parts: list[str]) -> None:
    text = "".join(parts) + "\nlast"
    assert len(line_starts(text)) == ast.parse(text).body[-1].lineno


def test_positions_in_a_document() -> None:
    assert Source("x", "a\nb").in_document(Span(1, 1, 2, 2)) == Span(1, 1, 2, 2)
    assert Source("x", "a\nb", first_line=5, indent=2).in_document(Span(1, 1, 2, 2)) == Span(5, 3, 6, 4)
    uneven = Source("x", "a\n\nb", first_line=5, margins=(4, 1, -1))
    assert uneven.in_document(Span(1, 1, 3, 2)) == Span(5, 5, 7, 1)
    assert uneven.in_document(Span(3, 1, 4, 1)) == Span(7, 1, 8, 1)
    assert [uneven.margin(line) for line in (1, 2, 3, 4)] == [4, 1, -1, 0]
