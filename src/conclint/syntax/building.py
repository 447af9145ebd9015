"""Building trees without checking over and over what the parser cannot get wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import libcst as cst

_check = cst.CSTNode.__post_init__


def _check_what_the_grammar_lets_pass(node: cst.CSTNode) -> None:
    if node.__class__ is cst.ConcatenatedString:  # `"a" b"b"`
        _check(node)


@contextlib.contextmanager
def as_parsed() -> Iterator[None]:
    """Leave out the checks of what libcst's grammar makes sure of, for all nodes that this process makes meanwhile.

    libcst checks every node where it is made, also those of its own parser: that a space is one, that brackets come in
    pairs. That takes an eighth of the whole parse, and refuses some Python: `0 or.5`. Only for a process in which nothing
    else builds trees.
    """
    cst.CSTNode.__post_init__ = _check_what_the_grammar_lets_pass  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        cst.CSTNode.__post_init__ = _check  # type: ignore[method-assign]
