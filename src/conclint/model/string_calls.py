"""Strings that are called as if they were functions, for want of an operator or a comma."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.syntax.children import is_a

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.module import ModuleModel

# Library Reference, "printf-style String Formatting". A blank is a flag too, but "100% done" is no format.
_CONVERSION = re.compile(
    r"%(?P<key>\([^()]*\))?(?P<flags>[#0\-+ ]*)(?P<width>\*|\d+)?(?:\.(?P<precision>\*|\d+)?)?[hlL]?[diouxXeEfFgGcrsa%]"
)
_String = cst.SimpleString | cst.ConcatenatedString | cst.FormattedString
_STRINGS: tuple[type[_String], ...] = (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString)
_TIGHTER = (cst.Attribute, cst.Call, cst.Subscript, cst.Await, cst.UnaryOperation)
_AS_TIGHT = (cst.Multiply, cst.Divide, cst.FloorDivide, cst.Modulo, cst.MatrixMultiply, cst.Power)


class StringCall(msgspec.Struct, frozen=True):
    """A string literal that is called. `conversions` counts the values that it has place for as a format, None
    where it has none and is no format, or takes them from a mapping; `values` counts the arguments, None where
    that is not to be seen.

    `repaired` is the call with `%` between the two, None where that would not be right, or mean something else.
    """

    call: cst.Call
    is_format: bool
    conversions: int | None
    values: int | None
    repaired: str | None


def string_calls(module: ModuleModel) -> Iterator[StringCall]:
    """Yield each call of a string literal, in source order of each scope."""
    for scope in module.scopes:
        for call in scope.calls:
            if is_a(call.func, _STRINGS):
                yield _string_call(module, call, call.func)


def _string_call(module: ModuleModel, call: cst.Call, string: _String) -> StringCall:
    known = None if isinstance(string, cst.FormattedString) else string.evaluated_value
    text = known.decode("latin-1") if isinstance(known, bytes) else known
    found = list(_CONVERSION.finditer(_literal_text(string) if text is None else text))
    conversions = [one for one in found if one[0] != "%%"]
    is_format = any(" " not in one["flags"] for one in conversions)
    plain = not any(given.star or given.keyword for given in call.args)
    values = len(call.args) if plain else None
    mapping = all(one["key"] for one in conversions)
    if not is_format or any(one["key"] for one in conversions):
        wanted = None
    else:
        wanted = sum(1 + (one["width"] == "*") + (one["precision"] == "*") for one in conversions)
    sure = (
        text is not None
        and is_format
        and values
        and "%" not in _CONVERSION.sub("", text)
        and not any(" " in one["flags"] for one in conversions)
        and (values == wanted or (values == 1 and mapping))
    )
    return StringCall(
        call, is_format, wanted, values, _repaired(module, call, mapping=mapping) if sure else None
    )


def _literal_text(string: cst.BaseExpression) -> str:
    """Return the text of a string that is partly computed, without what is computed."""
    if isinstance(string, cst.ConcatenatedString):
        return _literal_text(string.left) + _literal_text(string.right)
    if isinstance(string, cst.FormattedString):
        return "".join(part.value for part in string.parts if isinstance(part, cst.FormattedStringText))
    return string.raw_value if isinstance(string, cst.SimpleString) else ""


def _repaired(module: ModuleModel, call: cst.Call, *, mapping: bool) -> str | None:
    """Return the text of the call with `%` in it, without parentheses around it."""
    around = module.tree.parent(call)
    if isinstance(around, _TIGHTER) and not call.lpar and _is_operand(around, call):
        return None
    if isinstance(around, cst.BinaryOperation) and isinstance(around.operator, _AS_TIGHT) and not call.lpar:
        return None
    only = call.args[0]
    bare = call.with_changes(lpar=(), rpar=())
    if len(call.args) == 1 and not isinstance(only.comma, cst.Comma) and not mapping:
        if isinstance(only.value, cst.GeneratorExp) and not only.value.lpar:
            return None
        bare = bare.with_changes(args=[only.with_changes(comma=cst.Comma())])
    string, text = module.code(call.func), module.code(bare)
    rest = text[len(string) :]
    return f"{string} %{rest}" if rest[:1].isspace() else f"{string} % {rest}"


def _is_operand(around: cst.CSTNode, call: cst.Call) -> bool:
    if isinstance(around, cst.UnaryOperation):
        return not isinstance(around.operator, cst.Not)
    if isinstance(around, cst.Call):
        return around.func is call
    return True
