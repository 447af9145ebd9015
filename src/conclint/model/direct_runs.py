"""Calls of `run` that bypass `start`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive
from conclint.model.values import (
    UNKNOWN,
    Constant,
    Instance,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel

class DirectRun(msgspec.Struct, frozen=True):
    """A call of the method `run` of the thread or process `receiver`."""

    call: cst.Call
    receiver: cst.BaseExpression
    method: cst.Name


def direct_runs(module: ModuleModel) -> Iterator[DirectRun]:
    """Yield the calls of `run` on thread and process objects from outside of their classes."""
    started = {_place(module, event.object) for event in module.events_of("start")}
    for scope in module.scopes:
        for call in scope.calls:
            func = call.func
            if func.__class__ is not cst.Attribute or func.attr.value != "run":
                continue
            # Where the same function also starts the object, running it here is the other branch of a choice.
            if _is_thread(module, func.value) and _place(module, func.value) not in started:
                yield DirectRun(call, func.value, func.attr)


def _place(module: ModuleModel, node: cst.BaseExpression) -> tuple[str, int]:
    return module.label(node), id(module.function_at(node))


def _is_thread(module: ModuleModel, node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.Name) and _is_receiver(module.function_at(node), node.value, module):
        return False
    threads = 0
    for value in module.values(node):
        if isinstance(value, Instance) and value.facts is not None:
            if value.facts.kind not in (Primitive.THREAD, Primitive.PROCESS, Primitive.TIMER):
                return False
            threads += 1
        elif value is not UNKNOWN and not (isinstance(value, Constant) and value.value is None):
            return False
    return threads > 0


def _is_receiver(function: Function | None, name: str, module: ModuleModel) -> bool:
    while function is not None:
        if function.receiver_name == name:
            return True
        outer = function.scope.parent
        function = module.function_of(outer) if outer is not None else None
    return False
