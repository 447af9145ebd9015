"""Text that is no Python is told with its place; no text brings the process down."""

from __future__ import annotations

import ast
import contextlib
import warnings
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import libcst as cst
import pytest

from conclint.errors import SyntaxFailure
from conclint.source import Source
from conclint.syntax import parse


def failure_of(text: str, *, alone: bool = False) -> SyntaxFailure:
    with pytest.raises(SyntaxFailure) as caught:
        parse(Source("module.py", text), alone=alone)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("x = = 1\n", 1, 5),
        ("a = 1\nb = )\n", 2, 5),
        ("def f():\npass\n", 2, 1),
        ("a = 1\r\nb = )\r\n", 2, 5),
        ("if x\n    pass\n", 1, 5),
        ("x = 'open\n", 1, 5),
        ("größe = = 1\n", 1, 9),  # columns count characters, not bytes
        ("f(1, 2\n", 1, 2),
        ("x = 1\n  y = 2\n", 2, None),
        ("x = 1\ny = 'a' b'b'\n", 2, None),
        ("def f(a, a=1, b): pass\n", 1, None),
    ],
)
@pytest.mark.parametrize("alone", [False, True])
def test_a_failure_says_where(text: str, line: int, column: int | None, alone: bool) -> None:
    failure = failure_of(text, alone=alone)
    assert failure.line == line
    if column is not None:
        assert failure.column == column
    assert failure.reason
    assert "\n" not in failure.reason


def test_the_interpreters_words_are_preferred() -> None:
    assert "never closed" in failure_of("f(1, 2\n").reason


@pytest.mark.parametrize("opening", ["(", "[", "{", "f(", "x[", "(lambda: ", "-("])
@pytest.mark.parametrize("depth", [160, 1_000, 50_000])
def test_deep_nesting_is_refused_and_does_not_crash(opening: str, depth: int) -> None:
    closing = "".join({"(": ")", "[": "]", "{": "}"}[c] for c in reversed(opening) if c in "([{")
    text = opening * depth + "1" + closing * depth + "\n"
    try:
        parse(Source("module.py", text))
    except SyntaxFailure as failure:
        assert failure.line >= 1
        assert failure.column >= 1
    else:
        assert depth < 200  # CPython's own limit


@pytest.mark.parametrize(
    "text",
    [
        "(" * 50_000,
        ")" * 50_000,
        "x = " + "not " * 800 + "y\n",
        "x = " + "-" * 800 + "1\n",
        "x = " + " + ".join(["1"] * 800) + "\n",
        "x = a" + ".b" * 800 + "\n",
        "x = f" + "()" * 800 + "\n",
        "".join(" " * depth + "if x:\n" for depth in range(300)) + " " * 300 + "pass\n",
        "if a: pass\n" + "elif b: pass\n" * 3_000,
        "x = " + "lambda: " * 800 + "1\n",
        "x = " + "1 if y else " * 800 + "2\n",
        "match x:\n  case " + "[" * 3_000 + "]" * 3_000 + ": pass\n",
        "x = " + "f'{" * 500 + "}'" * 500 + "\n",
    ],
    ids=lambda text: text[:12].strip(),
)
def test_long_chains_and_deep_blocks_do_not_crash(text: str) -> None:
    try:
        tree = parse(Source("module.py", text))
    except SyntaxFailure as failure:
        assert failure.line >= 1
    else:
        assert tree.module.body


def test_brackets_in_strings_and_comments_are_not_nesting() -> None:
    text = f"x = '{'(' * 400}'\n# {'[' * 400}\n"
    assert len(parse(Source("module.py", text)).root.bindings) == 1


def test_what_looks_dubious_warns_nobody() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse(Source("module.py", "x = '\\d'\ny = 1 is 1\n"))
        failure_of("x = '\\d' =\n")


_BLANK = " \t\f\r\n"  # libcst keeps no blank text behind the last statement, and no form feed before one


@hypothesis.given(st.text())
@hypothesis.settings(deadline=None)
def test_any_text_is_parsed_or_refused_with_a_place_inside_it(text: str) -> None:
    try:
        tree = parse(Source("module.py", text))
    except SyntaxFailure as failure:
        assert 1 <= failure.line <= len(text.splitlines()) + 1
        assert failure.column >= 1
    else:
        kept, given = ([line.strip(_BLANK) for line in code.splitlines()] for code in (tree.module.code, text))
        assert list(filter(None, kept)) == list(filter(None, given))


_PIECES = (
    *("x", "f", "1", "0x1f", ".5", "2j", "'a'", "b'b'", "f'{x}'", "(", ")", "[", "]", "{", "}", "()", "[]", ":", ",", "."),
    *("*", "**", "=", "+=", ":=", "==", "-", "@", "~", "/", "->", "...", "not ", "not", " in ", " not in ", " is ", " and "),
    *(" if ", "if", " else ", "else", "for ", "lambda ", "await ", "yield ", "yield", "return ", "raise ", "from ", "import "),
    *(" as ", "del ", "global ", "assert ", "async ", "with ", "def f(", "class A", "pass", "try:", "except ", "except*"),
    *("or", "match ", "case ", "\n", "\n    ", ";", " "),
)


@hypothesis.given(st.lists(st.sampled_from(_PIECES), max_size=9).map("".join))
@hypothesis.settings(deadline=None)
def test_where_nothing_else_builds_trees_all_is_parsed_that_libcst_has_checked_and_else_only_python(text: str) -> None:
    if not is_parsed(text, alone=True):
        assert not is_parsed(text, alone=False)
    elif is_parsed(text, alone=False):
        source = Source("module.py", text)
        assert parse(source, alone=True).module.deep_equals(parse(source).module)
    else:  # its checks don't let `x = 1 or.5` pass
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)


_GRAMMAR = """\
import a.b as c, d
from . import *
from ..e import (f as g)
@decorated
class A(B, metaclass=C): pass; x: int = 1
class D[T: int, *U, **V = None]: ...
type W = int
async def h(a, /, b: int = 1, *args, k=2, **kwargs) -> None:
    global m
    nonlocal n
    async with a as b: await c
    async for i in o: yield
    else: yield from p
    return [j async for j in q if j], {r for r in s}, {t: u for t in v}, (w for w in x)
def y(*, z): del z; assert a, b; raise c from d
lambda *, a: ...
for a in *b, c: continue
while not a: break
else: pass
try: a
except B as c: d
else: e
finally: f
try: a
except* B: c
with (a as b, c): d
if a:
    pass  # comment
elif b: c
else:

    d
(  # comment

    a
).b = c = 1 if c else 1.0 + 1j - 2 * 3 / 4 // 5 % 6 ** 7 @ 8 << 9 >> 1 & 2 | 3 ^ ~4
a += -+1; a -= 1; a *= 1; a /= 1; a //= 1; a %= 1; a **= 1; a @= 1; a <<= 1; a >>= 1; a &= 1; a |= 1; a ^= 1
a and b or c
a < b > c <= d >= e == f != g is h is not i in j not in k
(a := 'b' 'c', f'{d!r:>{e}}', *f, [g, *h], {i, *j}, {k: l, **m}, n[o, 1:2:3, ...], p.q(r, s=t, *u, **v))
f'a{b=}'
match a:
    case [b, *c] | (d, *_): e
    case {'f': g, **h} if i: j
    case K(l, m=n) as o: p
    case None | q.r | 1 | (s): t
    case _: u
"""


def test_the_tree_of_each_statement_and_expression_is_the_same_however_its_nodes_are_made() -> None:
    source = Source("module.py", _GRAMMAR)
    assert parse(source, alone=True).module.deep_equals(parse(source).module)


@pytest.mark.parametrize("path", sorted(Path(__file__).parents[1].glob("*/test_*.py")), ids=lambda path: path.name)
def test_the_tree_is_the_same_however_its_nodes_are_made(path: Path) -> None:
    source = Source(str(path), path.read_text(encoding="utf-8"))
    assert parse(source, alone=True).module.deep_equals(parse(source).module)


def is_parsed(text: str, *, alone: bool) -> bool:
    try:
        parse(Source("module.py", text), alone=alone)
    except SyntaxFailure:
        return False
    return True


@pytest.mark.parametrize("text", ["x = 1\n", "x = = 1\n"])
def test_what_others_build_is_checked_by_libcst_as_ever(text: str) -> None:
    with contextlib.suppress(SyntaxFailure):
        parse(Source("module.py", text), alone=True)
    with pytest.raises(cst.CSTValidationError):
        cst.SimpleWhitespace("no space")


def test_brackets_that_close_nothing_do_not_hide_deep_ones() -> None:
    deep = f"{')' * 400}\n{'(' * 400}"
    assert failure_of(deep).line == 1
    parse(Source("module.py", f"# {')' * 400}\nx = {'(' * 100}1{')' * 100}\n"))
