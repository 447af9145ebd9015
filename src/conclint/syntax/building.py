"""Building trees without checking over and over what the parser cannot get wrong, and without what there is already.

libcst's parser calls the class of each node, by its name in the package, with the parts as keywords. Half of a parse goes
into that. Meanwhile other callables stand in the place of the most frequent classes:

- Six of ten nodes are spaces, ends of lines, dots and commas, of which a file has a few kinds. Each kind is made once (hash
  consing), so that a tree holds the same node in many places. Nobody asks for the place of such a node.
- The others are made by setting their slots. That is what a frozen dataclass does too, in a roundabout way.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import libcst as cst

_Maker: TypeAlias = Callable[..., cst.CSTNode]

_OF_TEXT = ("SimpleWhitespace", "Newline")
_OF_SHARED = (
    *("TrailingWhitespace", "Dot", "Comma", "AssignEqual"),
    *("LeftParen", "RightParen", "LeftSquareBracket", "RightSquareBracket", "LeftCurlyBrace", "RightCurlyBrace"),
    *("Not", "And", "Or", "Is", "IsNot", "Equal", "Add", "BitOr"),
)
_FREQUENT = (
    *("EmptyLine", "ParenthesizedWhitespace", "SimpleStatementLine", "IndentedBlock", "If", "FunctionDef", "Parameters", "Param"),
    *("Assign", "AssignTarget", "Expr", "Return", "Name", "Attribute", "Call", "Arg", "SimpleString", "Integer", "Element"),
    *("Subscript", "SubscriptElement", "Index", "Comparison", "ComparisonTarget", "Comment", "Annotation", "ImportAlias"),
    *("BinaryOperation", "BooleanOperation", "UnaryOperation", "Tuple", "List", "Dict", "DictElement", "ImportFrom"),
    *("ClassDef", "Decorator", "Else", "Raise", "Try", "ExceptHandler", "For", "With", "WithItem"),
)

_check = cst.CSTNode.__post_init__


@contextlib.contextmanager
def as_parsed() -> Iterator[None]:
    """Build the nodes of a parse in the cheap way, for all trees that this process makes meanwhile.

    libcst checks every node where it is made, also those of its own parser: that a space is one, that brackets come in
    pairs. That takes an eighth of the whole parse, and refuses some Python: `0 or.5`; it is left out too. Only for a process
    in which nothing else builds trees.
    """
    makers = {name: _shared_by_text(kind) for name, kind in _classes(_OF_TEXT)}
    makers |= {name: _shared_by_parts(kind) for name, kind in _classes(_OF_SHARED)}
    makers |= _by_slots()
    before = {name: getattr(cst, name) for name in makers}
    cst.CSTNode.__post_init__ = _check_what_the_grammar_lets_pass  # type: ignore[method-assign, assignment]
    vars(cst).update(makers)
    try:
        yield
    finally:
        vars(cst).update(before)
        cst.CSTNode.__post_init__ = _check  # type: ignore[method-assign]


def _classes(names: tuple[str, ...]) -> Iterator[tuple[str, type[Any]]]:
    return ((name, getattr(cst, name)) for name in names)


def _check_what_the_grammar_lets_pass(node: cst.CSTNode) -> None:
    if node.__class__ is cst.ConcatenatedString:  # `"a" b"b"`
        _check(node)


def _shared_by_text(kind: type[Any]) -> _Maker:
    known: dict[str | None, cst.CSTNode] = {}

    def make(value: str | None = None) -> cst.CSTNode:
        node = known.get(value)
        if node is None:
            node = known[value] = kind(value=value)
        return node

    return make


def _shared_by_parts(kind: type[Any]) -> _Maker:
    # The parser passes parts in one order. What is known keeps its parts, so no other part gets their ids.
    known: dict[tuple[int, ...], cst.CSTNode] = {}

    def make(**parts: object) -> cst.CSTNode:
        key = tuple(map(id, parts.values()))
        node = known.get(key)
        if node is None:
            node = known[key] = kind(**parts)
        return node

    return make


@functools.cache
def _by_slots() -> dict[str, _Maker]:
    return {name: _setting_slots(kind) for name, kind in _classes(_FREQUENT)}


def _setting_slots(kind: type[Any]) -> _Maker:
    """Return a function that makes what `kind` makes of keywords, unchecked.

    Its code is written out field by field and executed, as the standard library's dataclasses do for `__init__`: the names
    in it are those of libcst's fields.
    """
    known: dict[str, object] = {"new": object.__new__, "kind": kind}
    parameters, body = [], ["node = new(kind)"]
    for field in dataclasses.fields(kind):
        name = field.name
        if not field.init:
            continue
        known["set_" + name] = getattr(kind, name).__set__
        parameter = name
        if field.default is not dataclasses.MISSING:
            known["default_" + name] = field.default
            parameter = f"{name}=default_{name}"
        elif field.default_factory is not dataclasses.MISSING:
            known["make_" + name] = field.default_factory
            parameter = f"{name}=None"
            body.append(f"if {name} is None: {name} = make_{name}()")
        parameters.append(parameter)
        body.append(f"set_{name}(node, {name})")
    lines = "".join(f"\n    {line}" for line in (*body, "return node"))
    exec(f"def make(*, {', '.join(parameters)}):{lines}", known)  # noqa: S102
    return known["make"]  # type: ignore[return-value]
