"""Targets that were called instead of being named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Where
from conclint.model.arguments import has_star
from conclint.model.decorating import runs_as_written
from conclint.model.definitions import is_stub
from conclint.model.values import (
    ClassValue,
    Constant,
    FunctionValue,
    Items,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Class
    from conclint.model.events import Handover
    from conclint.model.module import ModuleModel

_PLAIN_TYPES = frozenset(
    f"builtins.{name}"
    for name in (
        "bool",
        "bytes",
        "complex",
        "dict",
        "float",
        "frozenset",
        "int",
        "list",
        "set",
        "str",
        "tuple",
    )
)
# Functions that people give as work and that return no callable (Library Reference, each one's entry).
_NO_CALLABLE = frozenset(
    {
        "builtins.print",
        "builtins.input",
        "time.sleep",
        "os.system",
        "subprocess.call",
        "subprocess.run",
        "subprocess.check_call",
        "subprocess.check_output",
    }
)
_RETURN_NONE = frozenset({"builtins.print", "time.sleep"})
_ELSEWHERE = (Where.THREAD, Where.PROCESS, Where.WORKER, Where.HELPER, Where.INTERPRETER, Where.GREENLET)


class CalledTarget(msgspec.Struct, frozen=True):
    """A hand-over whose target is the result of a call, which is no callable; `returns_none`: it is None."""

    handover: Handover
    call: cst.Call
    returns_none: bool

    def taker(self, module: ModuleModel) -> str:
        """Return what the target is given to, as it is written."""
        return module.label(self.handover.call.func)


def called_targets(module: ModuleModel) -> Iterator[CalledTarget]:
    """Yield the hand-overs whose target was called instead of being named."""
    for handover in module.handovers:
        call = handover.target.value
        if handover.where not in _ELSEWHERE or handover.runs.coroutine or handover.runs.methods:
            continue
        if not isinstance(call, cst.Call):
            continue
        none = _gives_none(module, call)
        if none is not None:
            yield CalledTarget(handover, call, none)


def named_instead(module: ModuleModel, handover: Handover, call: cst.Call) -> str | None:
    """Return the argument, or arguments, that hand over what `call` calls, and with what; None: not simple."""
    target, runs = handover.target, handover.runs
    name = f"{target.keyword.value}=" if target.keyword is not None else ""
    text = f"{name}{module.code(call.func)}"
    if not call.args:
        return text
    last = target is handover.call.args[-1]
    followed = not last and any(given.keyword is None for given in _behind(handover.call, target))
    taken = handover.arguments or handover.loose_arguments or followed
    if runs.args is None or has_star(call) or taken:
        return None
    if runs.args.rest:
        own = ", ".join(
            module.code(given.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for given in call.args
        )
        return None if name else f"{text}, {own}"
    if any(given.keyword is not None for given in call.args) or runs.args.name is None:
        return None
    values = ", ".join(module.code(given.value) for given in call.args)
    return f"{text}, {runs.args.name}=({values}{',' if len(call.args) == 1 else ''})"


def _behind(call: cst.Call, argument: cst.Arg) -> list[cst.Arg]:
    return list(call.args[call.args.index(argument) + 1 :])


def _gives_none(module: ModuleModel, call: cst.Call) -> bool | None:
    """Tell whether a call gives None (True) or something else that is no callable (False); None: unknown."""
    symbol = module.symbol(call.func)
    if symbol in _NO_CALLABLE:
        return symbol in _RETURN_NONE
    values = module.values(call.func)
    if len(values) != 1:
        return None
    if isinstance(values[0], ClassValue):
        return None if _may_be_callable(module, values[0].cls) else False
    if not isinstance(values[0], FunctionValue):
        return None
    function = values[0].function
    node = function.node
    if not isinstance(node, cst.FunctionDef) or function.is_async or function.is_generator:
        return None
    if not runs_as_written(module, function) or is_stub(node):
        return None
    returned = function.returns
    if all(isinstance(expression, cst.Name) and expression.value == "None" for expression in returned):
        return True
    if node.returns is not None and (told := _annotated_plain(module, node.returns.annotation)) is not None:
        return told
    if all(_is_plain(module, expression) for expression in returned):
        return False
    return None


def _may_be_callable(module: ModuleModel, cls: Class) -> bool:
    """Tell whether instances of a class may be called: it, or something unknown about it, may define `__call__`."""
    resolver = module.resolver
    return not resolver.is_closed(cls) or any(
        owner.node.keywords
        or owner.node.decorators
        or {"__call__", "__new__"} & (owner.methods.keys() | owner.attributes.keys())
        for owner in resolver.mro(cls)
    )


def _annotated_plain(module: ModuleModel, annotation: cst.BaseExpression) -> bool | None:
    if isinstance(annotation, cst.Name) and annotation.value == "None":
        return True
    if isinstance(annotation, cst.Subscript):
        annotation = annotation.value
    return False if module.symbol(annotation) in _PLAIN_TYPES else None


def _is_plain(module: ModuleModel, expression: cst.BaseExpression) -> bool:
    if isinstance(
        expression, (cst.BaseString, cst.Comparison, cst.BinaryOperation, cst.ListComp, cst.DictComp)
    ):
        return not isinstance(expression, cst.BinaryOperation) or _is_plain(module, expression.left)
    return all(isinstance(value, (Constant, Items)) for value in module.values(expression))
