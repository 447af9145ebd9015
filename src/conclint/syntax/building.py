"""Building trees without checking over and over what the parser cannot get wrong, and without what there is already.

libcst's parser imports libcst for each node and calls the class of that name in it, with the parts as keywords. Half of a
parse goes into that. Meanwhile the import is nothing but a look into `sys.modules`, and other callables stand in the place of
the classes. The classes themselves stay as they are: with any change of one the interpreter forgets what it knows about the
attributes of nodes (PEP 659), in all code that asks for them.

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

_SHARED = (
    *("SimpleWhitespace", "Newline", "TrailingWhitespace", "EmptyLine", "Dot", "Comma", "AssignEqual"),
    *("LeftParen", "RightParen", "LeftSquareBracket", "RightSquareBracket", "LeftCurlyBrace", "RightCurlyBrace"),
    *("Not", "And", "Or", "Is", "IsNot", "Equal", "Add", "BitOr"),
)
# What the grammar lets pass and only its class refuses: `"a" b"b"`.
_CHECKED = "ConcatenatedString"


def _parse(text: str) -> cst.Module:
    return native.parse_module(text, "utf-8")  # type: ignore[no-any-return]


# `PyImport_Import` calls the `__import__` of the globals in which code runs (C API, "Importing Modules"), and then takes the
# module from `sys.modules`. The parser has no globals of its own; in these that is a call of `str.format`, which leaves
# arguments aside for which the text has no place.
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
    makers = dict(_makers())  # each parse keeps its own equal nodes
    makers.update((name, functools.cache(makers[name])) for name in _SHARED)
    before = {name: getattr(cst, name) for name in makers}
    vars(cst).update(makers)
    try:
        yield _parse_module
    finally:
        vars(cst).update(before)


@functools.cache
def _makers() -> dict[str, _Maker]:
    kinds = {name: kind for name, kind in vars(cst).items() if isinstance(kind, type) and cst.CSTNode in kind.__mro__}
    made = {name: kind for name, kind in kinds.items() if name != _CHECKED and dataclasses.is_dataclass(kind)}
    return {name: _setting_slots(kind) if name in _SHARED else _when_wanted(name, kind) for name, kind in made.items()}


def _when_wanted(name: str, kind: type[Any]) -> _Maker:
    """Return what makes the maker of a kind the first time that it is asked for one, and then stands back."""

    def make(**parts: object) -> cst.CSTNode:
        maker = _makers()[name] = vars(cst)[name] = _setting_slots(kind)
        return maker(**parts)

    return make


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
    signature = ", ".join(("*", *parameters)) if parameters else ""
    exec(f"def make({signature}):{lines}", known)  # noqa: S102
    return known["make"]  # type: ignore[return-value]
