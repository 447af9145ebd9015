"""Reading what the model says out of marked source text.

A test is a piece of Python whose marked lines say what is to be known there:

    here()     # held: lock, other   the locks surely held, by their labels; "nothing"; "unreachable"
    show(x)    # is: threading.Lock | None   what an expression may be
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

import libcst as cst

from conclint.model import (
    ClassValue,
    Constant,
    FunctionValue,
    Instance,
    Items,
    LibraryMethod,
    ModuleModel,
    Partial,
    Super,
    Symbol,
)
from conclint.source import Source
from conclint.syntax import Locator, parse
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from conclint.model import Function
    from conclint.model.values import Value

_MARK = re.compile(r"#\s*(held|is):\s*(.+?)\s*$", re.MULTILINE)


def model_of(text: str) -> ModuleModel:
    """Return the model of a module, its text dedented."""
    return ModuleModel(parse(Source("module.py", textwrap.dedent(text).lstrip("\n"))))


def function_named(model: ModuleModel, name: str) -> Function:
    """Return the function with this qualified name."""
    (found,) = [function for function in model.functions if function.qualified_name == name]
    return found


def calls_of(model: ModuleModel, name: str) -> list[cst.Call]:
    """Return the calls that are written with this dotted name, in source order of each scope."""
    return [call for scope in model.scopes for call in scope.calls if dotted_name(call.func) == name]


def call_of(model: ModuleModel, name: str) -> cst.Call:
    """Return the only call that is written with this dotted name."""
    (found,) = calls_of(model, name)
    return found


def assert_held(text: str) -> None:
    """Compare the `# held:` marks of a text with the locks that the model finds at the calls of `here` there."""
    model = model_of(text)
    locator = Locator(model.tree)
    found = {}
    for call in calls_of(model, "here"):
        function = model.function_at(call)
        assert function is not None
        keys = model.locks.held_at(function).get(id(call))
        labels = sorted(model.locks.by_key[key].label for key in keys) if keys is not None else ["unreachable"]
        found[locator.span(call).line] = ", ".join(labels) or "nothing"
    _compare(model, "held", found, lambda said: ", ".join(sorted(part.strip() for part in said.split(","))))


def assert_values(text: str) -> None:
    """Compare the `# is:` marks of a text with the values of the arguments of `show` there."""
    model = model_of(text)
    locator = Locator(model.tree)
    found = {
        locator.span(call).line: " | ".join(sorted(described(value) for value in model.values(call.args[0].value)))
        for call in calls_of(model, "show")
    }
    _compare(model, "is", found, lambda said: " | ".join(sorted(part.strip() for part in said.split(" | "))))


def _compare(model: ModuleModel, word: str, found: dict[int, str], normal: object) -> None:
    assert callable(normal)
    text = model.source.text
    marks = {
        text.count("\n", 0, mark.start()) + 1: normal(mark[2]) for mark in _MARK.finditer(text) if mark[1] == word
    }
    assert marks, "the text has no marks"
    assert found == marks, "".join(
        f"\nline {line}: {found.get(line)} instead of {marks.get(line)}: {text.splitlines()[line - 1].strip()}"
        for line in sorted({*found, *marks})
        if found.get(line) != marks.get(line)
    )


def described(value: Value) -> str:
    """Return an abstract value in a few characters."""
    match value:
        case Symbol(name):
            return name
        case Constant(constant):
            return repr(constant)
        case Instance():
            own = value.cls.qualified_name if value.cls is not None else ""
            return f"{own}({value.type_name})" if own else f"{value.type_name}()"
        case FunctionValue():
            return f"def {value.function.qualified_name}"
        case ClassValue():
            return f"class {value.cls.qualified_name}"
        case LibraryMethod():
            return f"{described(value.receiver)}.{value.name}"
        case Super():
            receiver = value.receiver.cls.qualified_name if value.receiver.cls is not None else "?"
            return f"super of {receiver} behind {value.behind.qualified_name}"
        case Partial():
            return f"partial of {described(value.target)}"
        case Items():
            inner = ", ".join("/".join(sorted(described(one) for one in values)) for values in value.elements)
            return f"({inner})" if value.exact else f"[{inner}]"
        case _:
            return "?"
