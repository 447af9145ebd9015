"""Positions are those of libcst's own PositionProvider, and those of the interpreter."""

from __future__ import annotations

import ast
import itertools
import re
import sys

import hypothesis
import hypothesis.strategies as st
import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider  # noqa: TID251 -- what to agree with

from conclint.finding import Span
from conclint.source import Source
from conclint.syntax import Locator, parse
from conclint.syntax.children import descendants

STATEMENTS = '''\
"""Docstring
of two lines."""
from __future__ import annotations
import a.b as c, d
from . import (  # comment
    e,
    f as g,
)

x = y, *z = [1, (2), -3 ** 2]; w: int = (((4)))
if x:
    pass
elif (y and
      not z):
    x += f(1, *a, k=2, **b)[1:2, ...].attr
else:
    del x, y

@decorate
@other(1)
async def f(a, /, b: int = 1, *args, c, **kw) -> None:
    async with a as b, (c) as (d, e):
        await x
    async for i in y:
        yield i
    else:
        return
    return [i async for i in y if i if j for k in (l)]

class C(B, metaclass=M):
    """Docstring"""

    @property
    def x(self): return self._x; pass

    lock = threading.Lock()


def g():
    global x
    try:
        raise E from None
    except (A, B) as e:
        pass
    except:
        assert x, "no"
    else:
        x = yield
    finally:
        y = lambda a, *b, c=1: (yield from a)
    while True:
        break
    for i, (j, k) in l: continue
    with (
        lock as a,
        other(),
    ):
        pass
    return f"{x!r:>{width}} and {y=}" "joined" rf"{x}", {1: 2, **d}, {1, *s}, x if y else z, a < b <= c

match command.split():
    case [1, "a" | "b", *rest] if rest:
        pass
    case {"k": v, **kw}:
        pass
    case Point(x=0, y=None) as p:
        pass
    case -1 | a.b:
        pass
    case _:
        pass
'''

TEXTS = {
    "every statement": STATEMENTS,
    "CRLF": STATEMENTS.replace("\n", "\r\n"),
    "CR": "x = f(1)\ry = g(\r  2)\rif x:\r  z = 3\r",
    "mixed line ends": "x = f(1)\r\ny = g(\n  2)\rz = 3\n",
    "tabs": "if x:\n\tf(\t1,\t2)\n\tif y:\n\t\tg()\n",
    "tabs and spaces": "if x:\n        f()\nif y:\n\tg()\n",
    "form feed": "x = 1\n\f\ndef f():\n    return 1\n\f\n# comment\ny = 2\n",
    "no end of line": "x = f(1)",
    "backslash": "x = \\\n  f(1) + \\\n  2\n",
    "comments before": "# one\n\n  # two\nx = 1  # three\n# four\n",
    "only comments": "# one\n",
    "empty": "",
    "semicolons": "a; b(1); c = 2;\nif x: d; e\n",
    "wide characters": 'größe = "\N{GRINNING FACE}" + f(ünï)\nx = g()\n',
    "decorated": "@a\n# between\n@b(1)\nclass C:\n    @c\n    def f(self): pass\n",
    "parentheses": "x = ((f)((1)))\ny = (yield_)\n(a).b = (c)\n((d, e)) = (1, 2)\n(w := 3)\n",
    "elif chain": "if a: pass\nelif b: pass\nelif c:\n  pass\nelse:\n  pass\n",
    "except star": "try:\n  pass\nexcept* A as e:\n  f(e)\n",
    "type parameters": "type A[T] = list[T]\ndef f[T](x: T): pass\nclass C[T]: pass\n",
}


@pytest.mark.parametrize("together", [True, False], ids=["together", "singly"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_every_node_is_where_the_position_provider_has_it(text: str, together: bool) -> None:
    tree = parse(Source("module.py", text))
    expected = MetadataWrapper(tree.module, unsafe_skip_copy=True).resolve(PositionProvider)
    nodes = [
        node
        for node in descendants(tree.module)
        if isinstance(node, (cst.BaseExpression, cst.BaseStatement, cst.BaseSmallStatement, cst.WithItem, cst.Arg))
    ]
    locator = Locator(tree)
    if together:
        locator.find(nodes)
    for node in nodes:
        at = expected[node]
        span = Span(at.start.line, at.start.column + 1, at.end.line, at.end.column + 1)
        assert locator.span(node) == span, tree.module.code_for_node(node)


_NEW_SYNTAX = {"type parameters": (3, 12), "except star": (3, 11)}


@pytest.mark.parametrize("name", [name for name in TEXTS if name not in _NEW_SYNTAX])
def test_calls_start_and_end_where_the_interpreter_has_them(name: str) -> None:
    text = TEXTS[name]
    tree = parse(Source("module.py", text))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def column(line: int, offset: int) -> int:
        return len(lines[line - 1].encode()[:offset].decode()) + 1

    own = set()
    locator = Locator(tree)
    for node in descendants(tree.module):
        if isinstance(node, cst.Call):
            span = locator.span(node)
            own.add((span.line, span.column, span.end_line, span.end_column))
    theirs = set()
    for call in ast.walk(ast.parse(text)):
        if isinstance(call, ast.Call):
            assert call.end_lineno is not None
            assert call.end_col_offset is not None
            start, end = column(call.lineno, call.col_offset), column(call.end_lineno, call.end_col_offset)
            theirs.add((call.lineno, start, call.end_lineno, end))
    # The interpreter counts the brackets of `(f)(1)` as part of the call, libcst gives them to the function.
    bracketed = {where for where in theirs - own if lines[where[0] - 1][where[1] - 1] == "("}
    assert own >= theirs - bracketed


def test_asking_one_at_a_time_gives_the_same_answers() -> None:
    tree = parse(Source("module.py", STATEMENTS))
    nodes = [node for node in descendants(tree.module) if isinstance(node, (cst.Call, cst.If, cst.FunctionDef))]
    together = Locator(tree)
    together.find(nodes)
    singly = Locator(tree)
    assert [singly.span(node) for node in nodes] == [together.span(node) for node in nodes]


def test_a_span_covers_exactly_the_text_of_its_node() -> None:
    text = TEXTS["wide characters"]
    tree = parse(Source("module.py", text))
    locator = Locator(tree)
    lines = text.splitlines()
    (first, second) = tree.root.calls
    for call, code in ((first, "f(ünï)"), (second, "g()")):
        span = locator.span(call)
        assert lines[span.line - 1][span.column - 1 : span.end_column - 1] == code


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_logical_lines_are_told_apart_from_the_text(text: str) -> None:
    tree = parse(Source("module.py", text))
    locator = Locator(tree)
    lines = re.split(r"\r\n|\r|\n", text)
    for node in descendants(tree.module):
        if isinstance(node, cst.SimpleStatementLine):
            whole, first, last = locator.line_span(node), locator.span(node.body[0]), locator.span(node.body[-1])
            assert (whole.line, whole.column) == (first.line, first.column)
            assert whole.end_line == last.end_line
            assert lines[whole.end_line - 1][last.end_column - 1 : whole.end_column - 1].strip() in ("", ";")
            assert all(locator.line_span(inner) == whole for inner in descendants(node))


TRICKY = r'''
x = '\\', f(1)
y = r"\"", f(2)
z = """
"'#(
\""" f(3)
"""
f(4)  # '"""
f("(", 5)
'''


def test_what_looks_like_the_end_of_a_string_or_line_is_none() -> None:
    tree = parse(Source("module.py", TRICKY))
    locator = Locator(tree)
    assert [locator.line_span(call).line for call in tree.root.calls] == [2, 3, 8, 9]


@st.composite
def layouts(draw: st.DrawFn) -> str:
    """Draw a module in which the calls of `f` and `g` stand in all kinds of layout."""
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    indent = draw(st.sampled_from(["    ", "\t", " ", "  \t"]))
    statements = st.sampled_from(
        [
            "f(1)",
            "\ff(1)",
            "\f",
            "",
            "# größe",
            "x = f(g(2),~    y)  # why",
            "ü = 'ß\N{GRINNING FACE}', f()",
            "if f(3):~>g()",
            "if x:~>pass~elif f():~>g()~else:~>pass~\f",
            "with f() as x, g(): pass",
            "@f(4)~def d(): g()",
            "x = '''~ text''', f()",
            "x = \\~  f(1)",
            "( # inside~ f(5))",
            "class C:~>#~>a = f()~>~>b = g()",
            "f(1); g(2);f(3)",
        ]
    )
    lines = "~".join(draw(st.lists(statements, max_size=8)))
    return lines.replace("~", newline).replace(">", indent)


@hypothesis.given(layouts())
@hypothesis.settings(deadline=None)
def test_spans_hold_in_any_layout(text: str) -> None:
    tree = parse(Source("module.py", text))
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
    starts = [0, *itertools.accumulate(map(len, lines))]
    locator = Locator(tree)
    calls = [call for scope in tree.root.walk() for call in scope.calls]
    assert len(calls) == len(re.findall(r"\b[fg]\(", text))
    for call in calls:
        span = locator.span(call)
        covered = text[starts[span.line - 1] + span.column - 1 : starts[span.end_line - 1] + span.end_column - 1]
        assert covered == tree.module.code_for_node(call.with_changes(lpar=(), rpar=()))


def test_the_samples_are_python_for_this_interpreter_too() -> None:
    for name, text in TEXTS.items():
        if sys.version_info >= _NEW_SYNTAX.get(name, (3, 10)):
            ast.parse(text)
