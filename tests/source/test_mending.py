"""What is misplaced in a text, and the Python that was meant."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conclint.errors import SyntaxFailure
from conclint.source.lines import line_starts
from conclint.source.mending import Mending, mend
from conclint.source.source import Source
from conclint.source.twins import SURE

TWINS_OF = {
    ",": ",，、",
    "(": "(（",
    ")": ")）",
    "[": "[［【",
    "]": "]］】",
    ":": ":：",
    "=": "=＝",
    "+": "+＋",
    ".": ".．。",
    '"': '"“”„＂',
    " ": " \u00a0\u3000\u2003",
}


def parse(source: Source) -> ast.Module:
    try:
        return ast.parse(source.text)
    except SyntaxError as failure:
        raise SyntaxFailure(failure.msg, failure.lineno or 1, failure.offset or 1) from failure


def python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def mended(text: str) -> Mending:
    return mend(Source("x.py", text), parse)


def applied(text: str, mending: Mending) -> str:
    starts = line_starts(text)
    for edit in reversed(mending.edits):
        start = starts[edit.span.line - 1] + edit.span.column - 1
        end = starts[edit.span.end_line - 1] + edit.span.end_column - 1
        text = text[:start] + edit.text + text[end:]
    return text


def signs(mending: Mending) -> str:
    return "".join(place.signs for place in mending.misplaced)


@st.composite
def program_and_spoiled(draw: st.DrawFn) -> tuple[str, str]:
    """A program, and the same with some of its signs replaced by those of another keyboard."""
    program = 'import threading\nlock = threading.Lock()\nwith lock: print("a, (b)", [1 + 2], sep="")\n'
    spoiled = [draw(st.sampled_from(TWINS_OF.get(sign, sign))) for sign in program]
    text_in_string = program.index("a, (b)")
    spoiled[text_in_string : text_in_string + 6] = "a, (b)"
    return program, "".join(spoiled)


@given(program_and_spoiled())
def test_a_spoiled_program_is_found_again(drawn: tuple[str, str]) -> None:
    program, spoiled = drawn
    if python(spoiled):
        return
    mending = mended(spoiled)
    if not mending.edits:  # an ASCII mark and a typographic one may pair up into a string that is too long
        assert set(spoiled) & set(TWINS_OF['"'][1:])
        return
    assert applied(spoiled, mending) == program
    assert mending.remaining is None
    assert signs(mending) == "".join(sign for sign, was in zip(spoiled, program, strict=True) if sign != was)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("print（“你好，世界”）\n", 'print("你好，世界")\n'),
        ("if x ！＝ 1：\n    y（）\n", "if x != 1:\n    y()\n"),
        ("x = [1， …]\r\n", "x = [1, ...]\r\n"),
        ("def f(x) → int：\n    return x − 1\n", "def f(x) -> int:\n    return x - 1\n"),
        ("x =\u200b 1\n", "x = 1\n"),
        ("if x：\n　　y = 1\n", "if x:\n  y = 1\n"),
        ("if x:\n    y = 1\n　　z = 2\n", "if x:\n    y = 1\n    z = 2\n"),
        ("for i in range（１０）:\n    f（i）\n", "for i in range(10):\n    f(i)\n"),
        ("x = f“{a，b}：{c}”\n", 'x = f"{a,b}：{c}"\n'),
    ],
)
def test_what_was_meant(text: str, meant: str) -> None:
    mending = mended(text)
    assert applied(text, mending) == meant
    assert mending.remaining is None


def test_a_text_without_such_signs_has_nothing_to_mend() -> None:
    assert mended("x = (\n") == Mending()


def test_no_edits_where_it_can_not_be_told_how_deep_a_line_is_indented() -> None:
    text = "while x:\n  if y:\n    a()\n　　b()\n"
    mending = mended(text)
    assert signs(mending) == "　　"
    assert mending.edits == ()
    assert mending.remaining is None


def test_what_else_is_wrong_is_told_at_its_place() -> None:
    mending = mended("f（1）\nx ≠ （1，… y）\n")
    assert signs(mending) == "（）（，）"
    assert mending.edits == ()
    assert mending.remaining is not None
    assert (mending.remaining.line, mending.remaining.column) == (2, 8)


def test_prose_is_not_taken_for_code() -> None:
    mending = mended("线程安全，需要加锁。用 Lock（）\n第一步 → 第二步…\n")
    assert signs(mending) == "（）"
    assert mending.remaining is not None


def test_every_twin_is_one_that_python_takes() -> None:
    for sign, twin in SURE.items():
        assert twin.isascii(), sign
        assert len(twin) == 1, sign
