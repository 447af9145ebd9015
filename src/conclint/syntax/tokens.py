"""Where names, attributes, calls and elements are on one logical line, told by its tokens.

What `a.b.c(...)` is called by stands on most lines once and is searched for. Otherwise the names and strings of a line stand
in the text in the order in which the tree has them. Where each is found again, the rest follows from the brackets; where one
is not, or a node is of another sort, nothing is told.
"""

from __future__ import annotations

import contextlib
import keyword
import re
from collections.abc import Iterable, Iterator

import libcst as cst

from conclint.syntax.children import children
from conclint.syntax.walk import plain_code

_TOKEN = re.compile(
    r"""
    (?P<string> (?<!\w) (?: [bBrRuU] | [bB][rR] | [rR][bB] )?
        (?: \"{3} [^"\\]* (?: (?: \\[\s\S] | "(?!"") ) [^"\\]* )* \"{3}
          | '{3} [^'\\]* (?: (?: \\[\s\S] | '(?!'') ) [^'\\]* )* '{3}
          | " [^"\\\r\n]* (?: \\ (?: \r\n | [\s\S] ) [^"\\\r\n]* )* "
          | ' [^'\\\r\n]* (?: \\ (?: \r\n | [\s\S] ) [^'\\\r\n]* )* ' ) )
  | (?P<name> [^\W\d]\w*)
  | (?P<open> [(\[])
  | (?P<close> [)\]])
  | \# [^\r\n]*
  | \d [\w.]*
    """,
    re.VERBOSE,
)
# What tells where a bracket is closed. Strings with code inside may hold quotes of their own: those are not for this.
_BRACKET = re.compile(
    r"""
    (?P<code> (?: [fFtT][rR]? | [rR][fFtT] ) ["'] )
  | \"{3} [^"\\]* (?: (?: \\[\s\S] | "(?!"") ) [^"\\]* )* \"{3}
  | '{3} [^'\\]* (?: (?: \\[\s\S] | '(?!'') ) [^'\\]* )* '{3}
  | " [^"\\\r\n]* (?: \\ (?: \r\n | [\s\S] ) [^"\\\r\n]* )* "
  | ' [^'\\\r\n]* (?: \\ (?: \r\n | [\s\S] ) [^'\\\r\n]* )* '
  | \# [^\r\n]*
  | (?P<open> [(\[] )
  | (?P<close> [)\]] )
    """,
    re.VERBOSE,
)
_WORDS = frozenset(keyword.kwlist) - {"None", "True", "False"}
_LEAVES = frozenset({cst.Name, cst.SimpleString})
_BRACKETS = {cst.Call: "(", cst.Subscript: "["}
# Small statements that end with their value.
_ENDING_WITH_VALUE = frozenset({cst.Expr, cst.Assign, cst.AnnAssign, cst.AugAssign, cst.Return})
# Of a compound statement, what stands on the line of its head.
_HEADS: dict[type[cst.CSTNode], tuple[str, ...]] = {
    cst.If: ("test",),
    cst.While: ("test",),
    cst.For: ("target", "iter"),
    cst.With: ("items",),
}
# What holds names that are no part of the code, or text that is no string.
_UNTOLD = frozenset(
    {cst.FormattedString, cst.Import, cst.ImportFrom, cst.Global, cst.Nonlocal, cst.TypeAlias, cst.SimpleStatementSuite}
)


class _Untold(Exception):
    """The tokens do not tell."""


def extents(
    text: str, start: int, end: int, head: cst.CSTNode, wanted: Iterable[cst.CSTNode]
) -> dict[int, tuple[int, int]]:
    """Return the offsets in `text` at which nodes begin and end, by `id`, those that can be told.

    They stand on the logical line from `start` to `end`, which is that of the statement `head`.
    """
    found: dict[int, tuple[int, int]] = {}
    code = text[start:end].rstrip()
    last: cst.CSTNode | None = None
    if head.__class__ is cst.SimpleStatementLine and len(head.body) == 1 and not code.endswith((";", "\\")):
        whole = start, start + len(code)
        found = {id(node): whole for node in wanted if node is head or node.__class__ is cst.AugAssign}
        last = _last_of(head.body[0])
    left: list[cst.CSTNode] = []
    for node in wanted:
        if id(node) not in found:
            extent = _found_in(code, node, last)
            if extent is None:
                left.append(node)
            else:
                found[id(node)] = start + extent[0], start + extent[1]
    if left:
        _tell(left, found, text, start, end, head)
    return found


def _last_of(statement: cst.CSTNode) -> cst.CSTNode | None:
    """Return the expression with which a small statement ends."""
    value: cst.CSTNode | None = statement.value if statement.__class__ in _ENDING_WITH_VALUE else None
    while value is not None and value.__class__ is cst.Await and not value.lpar:
        value = value.expression
    return value


def _found_in(code: str, node: cst.CSTNode, last: cst.CSTNode | None) -> tuple[int, int] | None:
    """Return where in the code of a line a name, or what is called or taken by one, stands, if the name stands there once.

    The line ends with `last`, if that is known.
    """
    kind = node.__class__
    named = node.func if kind is cst.Call else node.value if kind is cst.Subscript else node  # type: ignore[attr-defined]
    name = plain_code(named)
    begins = code.find(name) if name and not node.lpar else -1  # type: ignore[attr-defined]
    if begins < 0 or code.find(name, begins + 1) >= 0:
        return None
    ends = begins + len(name)
    if kind not in _BRACKETS:
        return begins, ends
    if node is last:
        return begins, len(code)
    closes = _closing(code, ends) if code.startswith(_BRACKETS[kind], ends) else None
    return (begins, closes) if closes is not None else None


def _closing(code: str, opens: int) -> int | None:
    """Return the offset behind the bracket that closes the one at an offset."""
    depth = 0
    for token in _BRACKET.finditer(code, opens):
        kind = token.lastgroup
        if kind == "code":
            return None
        if kind is not None:
            depth += 1 if kind == "open" else -1
            if depth == 0:
                return token.end()
    return None


def _tell(
    wanted: Iterable[cst.CSTNode], found: dict[int, tuple[int, int]], text: str, start: int, end: int, head: cst.CSTNode
) -> None:
    """Note where nodes are of which all tokens of the line tell it."""
    try:
        line = _Line(text, start, end, _leaves_of(head))
    except _Untold:
        return
    for node in wanted:
        with contextlib.suppress(_Untold):
            found[id(node)] = line.extent(node)


def _leaves_of(head: cst.CSTNode) -> Iterator[cst.CSTNode]:
    kind = head.__class__
    if kind is cst.SimpleStatementLine:
        yield from _leaves(head)
    elif kind in _HEADS:
        for field in _HEADS[kind]:
            value = getattr(head, field)
            for part in value if isinstance(value, (list, tuple)) else (value,):
                yield from _leaves(part)
    else:
        raise _Untold


def _leaves(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield the names and strings inside in source order, those that are no variables too."""
    kind = node.__class__
    if kind in _LEAVES:
        yield node
        return
    if kind in _UNTOLD:
        raise _Untold
    if kind is cst.Arg and node.keyword is not None:  # type: ignore[attr-defined]
        yield node.keyword  # type: ignore[attr-defined]
    elif kind is cst.Param:
        yield node.name  # type: ignore[attr-defined]
    for child in children(node):
        yield from _leaves(child)
    if kind is cst.Attribute:
        yield node.attr  # type: ignore[attr-defined]


class _Line:
    """The tokens of a logical line, each name and string with the leaf of the tree that it is."""

    def __init__(self, text: str, start: int, end: int, leaves: Iterator[cst.CSTNode]) -> None:
        self._text = text
        self._places: dict[int, tuple[int, int]] = {}
        self._closing: dict[int, int] = {}
        opened: list[int] = []
        for token in _TOKEN.finditer(text, start, end):
            kind = token.lastgroup
            if kind == "open":
                opened.append(token.start())
            elif kind == "close":
                if not opened:
                    raise _Untold
                self._closing[opened.pop()] = token.end()
            elif kind == "string" or (kind == "name" and token[0] not in _WORDS):
                leaf = next(leaves, None)
                if leaf is None or leaf.value != token[0]:  # type: ignore[attr-defined]
                    raise _Untold
                self._places[id(leaf)] = token.span()
        if next(leaves, None) is not None:
            raise _Untold

    def extent(self, node: cst.CSTNode) -> tuple[int, int]:
        """Return the offsets at which a node begins and ends, its own parentheses left out."""
        kind = node.__class__
        if kind in _LEAVES:
            return self._leaf(node)
        if kind is cst.Attribute:
            return self._inner(node.value)[0], self._leaf(node.attr)[1]  # type: ignore[attr-defined]
        if kind in _BRACKETS:
            begins, ends = self._inner(node.func if kind is cst.Call else node.value)  # type: ignore[attr-defined]
            opens = self._text.find(_BRACKETS[kind], ends)
            if opens not in self._closing or self._text[ends:opens].strip():
                raise _Untold
            return begins, self._closing[opens]
        if kind is cst.Comparison:
            return self._inner(node.left)[0], self._inner(node.comparisons[-1].comparator)[1]  # type: ignore[attr-defined]
        if kind is cst.BooleanOperation:
            return self._inner(node.left)[0], self._inner(node.right)[1]  # type: ignore[attr-defined]
        if kind is cst.WithItem:
            begins, ends = self._inner(node.item)  # type: ignore[attr-defined]
            return begins, ends if node.asname is None else self._inner(node.asname.name)[1]  # type: ignore[attr-defined]
        if kind is cst.Arg and not node.star:  # type: ignore[attr-defined]
            begins, ends = self._inner(node.value)  # type: ignore[attr-defined]
            return begins if node.keyword is None else self._leaf(node.keyword)[0], ends  # type: ignore[attr-defined]
        raise _Untold

    def _leaf(self, node: cst.CSTNode) -> tuple[int, int]:
        if id(node) not in self._places:
            raise _Untold
        return self._places[id(node)]

    def _inner(self, node: cst.BaseExpression) -> tuple[int, int]:
        if node.lpar:
            raise _Untold  # they belong to what is around
        return self.extent(node)
