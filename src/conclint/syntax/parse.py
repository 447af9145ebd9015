"""Text to tree, without ever bringing the process down."""

from __future__ import annotations

import ast
import contextlib
import re
import threading
import warnings
from collections.abc import Callable
from concurrent import futures

import libcst as cst

from conclint.errors import SyntaxFailure
from conclint.source import Source
from conclint.syntax.building import as_parsed
from conclint.syntax.tree import Tree
from conclint.syntax.walk import walk

# CPython's tokenizer gives up at 200 nested brackets (Parser/tokenizer.h, MAXLEVEL); libcst's native parser has no
# such limit and overflows the C stack somewhere above 1,000.
_DEEP = 150
_NO_BRACKETS = bytes(set(range(256)) - set(b"()[]{}"))
# Chains without brackets recurse in the parser too: `- - - x`, `not not x`, `a.b.c...`, `f()()()`. Those that are longer
# than any person writes are parsed on a stack of their own.
_CHAIN = re.compile(r"(?:[-+~][ \t]*|not[ \t]+|lambda[ \t]*:[ \t]*){100}|(?:\.\w+|\(\)|\[\w*\]|\*\*\w+){300}")
_SHORTEST_CHAIN = 100
_STACK_BYTES = 512 * 1024 * 1024


def parse(source: Source, *, alone: bool = False) -> Tree:
    """Return the tree of `source.text`, walked.

    `alone` says that nothing else in this process builds trees, so that libcst need not check those of its own parser.

    Raises `SyntaxFailure` with a 1-based line and column of the text when it is no Python, or nested deeper
    than CPython itself would accept.
    """
    text = source.text
    _refuse_what_overflows(text)
    try:
        with as_parsed() if alone else contextlib.nullcontext(cst.parse_module) as parse_module:
            module = _with_room(parse_module, text) if _has_long_chain(text) else parse_module(text)
    except cst.ParserSyntaxError as failure:
        reason = failure.message.partition("\n")[0].strip()
        raise _failure(text, reason, failure.editor_line, failure.editor_column) from failure
    except cst.CSTValidationError as failure:
        # Some mistakes (`"a" b"b"`) pass libcst's grammar and are found when it builds the nodes.
        raise _failure(text, str(failure), 1, 1) from failure
    except UnicodeEncodeError as failure:
        before = text[: failure.start]
        column = failure.start - before.rfind("\n")
        raise SyntaxFailure("half of a surrogate pair is no character", before.count("\n") + 1, column) from failure
    except RecursionError as failure:
        raise SyntaxFailure("nested too deeply", 1, 1) from failure
    return walk(module, source)


def _has_long_chain(text: str) -> bool:
    # Each link takes a character at least, and most lines are too short to be searched.
    return any(len(line) >= _SHORTEST_CHAIN and _CHAIN.search(line) for line in text.split("\n"))


def _with_room(parse_module: Callable[[str], cst.Module], text: str) -> cst.Module:
    """Parse in a thread whose stack is large enough for very long chains."""
    before = threading.stack_size(_STACK_BYTES)
    try:
        with futures.ThreadPoolExecutor(1) as roomy:
            return roomy.submit(parse_module, text).result()
    finally:
        threading.stack_size(before)


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
    if _levels(text) <= _DEEP:
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


def _levels(text: str) -> int:
    """Return a number of levels that brackets are surely not nested deeper than.

    Pairs with nothing between them are taken away round by round, up to three levels at once, which is much faster than to
    count: what is left then belongs to strings and comments.
    """
    brackets = text.encode("utf-8", "replace").translate(None, _NO_BRACKETS)
    levels = 0
    while brackets and levels <= _DEEP:
        fewer = brackets.replace(b"()", b"").replace(b"[]", b"").replace(b"{}", b"")
        if len(fewer) == len(brackets):
            break
        brackets = fewer
        levels += 3
    depth = deepest = 0
    for bracket in brackets:
        if bracket in b"([{":
            depth += 1
            deepest = max(deepest, depth)
        elif depth:
            depth -= 1
    return levels + deepest
