"""What constructors are given, for the program to know what their objects work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.calls import CallSite, Receiver
from conclint.model.given_containers import arguments_of, parameter_of
from conclint.model.values import UNKNOWN, Instance
from conclint.program.summary import PARAMETER, ObjectFact
from conclint.syntax.children import is_a

if TYPE_CHECKING:
    from conclint.model import Function, ModuleModel
    from conclint.program.keys import Keys

_LITERALS = frozenset({cst.SimpleString, cst.FormattedString, cst.ConcatenatedString, cst.Integer, cst.Float, cst.Lambda})


def objects_given(model: ModuleModel, keys: Keys, function: Function, call: CallSite) -> tuple[ObjectFact, ...]:
    """Return the arguments of which something is known, of a call that makes an object."""
    made = call.receiver is Receiver.FRESH or call.foreign.rpartition(".")[2].strip("_")[:1].isupper()
    handed_on = call.receiver is Receiver.SUPER and function.name == "__init__"
    if not (made or handed_on) or not is_a(call.node, cst.Call):
        return ()
    return tuple(
        ObjectFact(position, name, cls)
        for position, (name, value) in enumerate(arguments_of(call.node))
        if value.__class__ not in _LITERALS and (cls := _class_of(model, keys, function, value))
    )


def _class_of(model: ModuleModel, keys: Keys, function: Function, node: cst.BaseExpression) -> str:
    if node.__class__ is cst.Name and function.name == "__init__" and (value := parameter_of(model, node)):
        return f"{PARAMETER}{value}"
    values = [value for value in model.values(node) if value is not UNKNOWN]
    if len(values) == 1 and isinstance(values[0], Instance) and values[0].cls is not None:
        return keys.of_class(values[0].cls)
    path = model.foreign.path(node)
    return path.removesuffix("()") if path.endswith("()") and path.count("()") == 1 else ""
