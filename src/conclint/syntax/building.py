"""Building trees without checking over and over what the parser cannot get wrong.

libcst checks every node where it is made, also those of its own parser: that a space is one, that a number is one, that
brackets come in pairs. Tokeniser and grammar have made sure of that for most of the nodes, and to look at each again takes
a sixth of the whole parse. What they let pass, two texts of different kinds side by side, is still found.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import libcst as cst

_SURE = frozenset(
    {
        *(cst.SimpleWhitespace, cst.Newline, cst.Comment, cst.Name, cst.Attribute, cst.Integer, cst.SimpleString),
        *(cst.Call, cst.Arg, cst.Parameters, cst.Param, cst.SimpleStatementLine, cst.IndentedBlock),
        *(cst.TrailingWhitespace, cst.EmptyLine, cst.Dot, cst.Comma, cst.AssignTarget),  # without any check of their own
    }
)

_check = cst.CSTNode.__post_init__
_parsers = 0


def _check_what_may_be_wrong(node: cst.CSTNode) -> None:
    if not _parsers or node.__class__ not in _SURE:
        _check(node)


cst.CSTNode.__post_init__ = _check_what_may_be_wrong  # type: ignore[method-assign, assignment]


@contextlib.contextmanager
def as_parsed() -> Iterator[None]:
    """Leave out the checks of what the parser makes sure of while it parses; everybody else's nodes stay checked."""
    global _parsers  # noqa: PLW0603 - a flag that a million calls look at
    _parsers += 1
    try:
        yield
    finally:
        _parsers -= 1
