"""Building trees without checking over and over what the parser cannot get wrong, and without what there is already.

libcst's parser imports libcst for each node and calls the class of that name in it, with the parts as keywords. Half of a
parse goes into that. Meanwhile the import is nothing but a look into `sys.modules`, and other callables stand in the place of
the most frequent classes:

- Six of ten nodes are spaces, ends of lines, dots and commas, of which a file has a few kinds. Each kind is made once (hash
  consing), so that a tree holds the same node in many places. Nobody asks for the place of such a node.
- The others are made by setting their slots. That is what a frozen dataclass does too, in a roundabout way.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import types
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import libcst as cst
from libcst import native  # type: ignore[attr-defined] # compiled, without a stub

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


def _parse(text: str) -> cst.Module:
    return native.parse_module(text, "utf-8")  # type: ignore[no-any-return]


# `PyImport_Import` calls the `__import__` of the frame that runs, and then takes the module from `sys.modules` (C API, "Importing
# Modules"). The parser has no frame of its own; in this one the call is of a method that heeds no argument.
_parse_module: Callable[[str], cst.Module] = types.FunctionType(
    _parse.__code__, {"native": native, "__builtins__": {"__import__": "".format}}
)


@contextlib.contextmanager
def as_parsed() -> Iterator[Callable[[str], cst.Module]]:
    """Give a parser that builds its nodes in the cheap way, as all trees are built that this process makes meanwhile.

    libcst checks every node where it is made, also those of its own parser: that a space is one, that brackets come in
    pairs. That takes an eighth of the whole parse, and refuses some Python: `0 or.5`; it is left out too. Only for a process
    in which nothing else builds trees.
    """
    makers: dict[str, _Maker] = {name: functools.cache(kind) for name, kind in _classes(_OF_TEXT)}
    makers |= {name: _shared_by_parts(kind) for name, kind in _classes(_OF_SHARED)}
    makers |= _by_slots()
    before = {name: getattr(cst, name) for name in makers}
    cst.CSTNode.__post_init__ = _check_what_the_grammar_lets_pass  # type: ignore[method-assign, assignment]
    vars(cst).update(makers)
    try:
        yield _parse_module
    finally:
        vars(cst).update(before)
        cst.CSTNode.__post_init__ = _check  # type: ignore[method-assign]


def _classes(names: tuple[str, ...]) -> Iterator[tuple[str, type[Any]]]:
    return ((name, getattr(cst, name)) for name in names)


def _check_what_the_grammar_lets_pass(node: cst.CSTNode) -> None:
    if node.__class__ is cst.ConcatenatedString:  # `"a" b"b"`
        _check(node)


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
