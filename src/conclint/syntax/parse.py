"""Text to tree, without ever bringing the process down."""

from __future__ import annotations

import ast
import re
import warnings

import libcst as cst

from conclint.errors import SyntaxFailure
from conclint.source import Source
from conclint.syntax.tree import Tree
from conclint.syntax.walk import walk

# CPython's tokenizer gives up at 200 nested brackets (Parser/tokenizer.h, MAXLEVEL); libcst's native parser has no
# such limit and overflows the C stack somewhere above 1,000.
_DEEP = 150
_BRACKETS = re.compile(r"[()\[\]{}]")


def parse(source: Source) -> Tree:
    """Return the tree of `source.text`, walked.

    Raises `SyntaxFailure` with a 1-based line and column of the text when it is no Python, or nested deeper
    than CPython itself would accept.
    """
    text = source.text
    _refuse_what_overflows(text)
    try:
        module = cst.parse_module(text)
    except cst.ParserSyntaxError as failure:
        reason = failure.message.partition("\n")[0].strip()
        raise _failure(text, reason, failure.editor_line, failure.editor_column) from failure
    except cst.CSTValidationError as failure:
        # Some mistakes (`"a" b"b"`) pass libcst's grammar and are found when it builds the nodes.
        raise _failure(text, str(failure), 1, 1) from failure
    except RecursionError as failure:
        raise SyntaxFailure("nested too deeply", 1, 1) from failure
    return walk(module, source)


def _failure(text: str, reason: str, line: int, column: int) -> SyntaxFailure:
    """Prefer the interpreter's own words: they name the mistake where libcst lists the tokens it expected."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as said:
        column = (said.offset or 1) if said.lineno else 1
        return SyntaxFailure(said.msg, said.lineno or 1, max(column, 1))
    except (ValueError, RecursionError, MemoryError):
        pass
    return SyntaxFailure(reason or "invalid syntax", max(line, 1), max(column, 1))


def _refuse_what_overflows(text: str) -> None:
    depth = deepest = 0
    for found in _BRACKETS.finditer(text):
        if found[0] in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif depth:
            depth -= 1
    if deepest <= _DEEP:
        return
    # Brackets in strings and comments were counted too, so let the interpreter decide.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as said:
        raise SyntaxFailure(said.msg, said.lineno or 1, max(said.offset or 1, 1)) from said
    except (ValueError, RecursionError, MemoryError) as said:
        raise SyntaxFailure("nested too deeply", 1, 1) from said
