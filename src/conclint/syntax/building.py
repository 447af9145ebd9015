"""Building trees without checking over and over what the parser cannot get wrong.

libcst checks every node where it is made, also those of its own parser. Two of three of these are spaces, line ends,
comments and names just as they were tokenised; to look at each again takes a tenth of the whole parse.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import libcst as cst

_AS_TOKENISED = frozenset({cst.SimpleWhitespace, cst.Newline, cst.Comment, cst.Name, cst.Attribute})

_check = cst.CSTNode.__post_init__
_parsers = 0


def _check_what_may_be_wrong(node: cst.CSTNode) -> None:
    if not _parsers or node.__class__ not in _AS_TOKENISED:
        _check(node)


cst.CSTNode.__post_init__ = _check_what_may_be_wrong  # type: ignore[method-assign, assignment]


@contextlib.contextmanager
def as_tokenised() -> Iterator[None]:
    """Leave out the checks of what the tokeniser made while a text is parsed; everybody else's nodes stay checked."""
    global _parsers  # noqa: PLW0603 - a flag that a million calls look at
    _parsers += 1
    try:
        yield
    finally:
        _parsers -= 1
