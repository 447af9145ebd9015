"""Coroutines that come into being where nobody awaits them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive, Where
from conclint.model.decorating import runs_as_written
from conclint.model.values import FunctionValue, Instance, Partial

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel
    from conclint.model.values import Value


class LostCoroutine(msgspec.Struct, frozen=True):
    """`taker` calls what stands at `node`, which gives it a coroutine of `function`, or an asynchronous generator."""

    node: cst.CSTNode
    function: Function
    taker: str

    @property
    def definition(self) -> cst.Name:
        """The name behind `async def`."""
        assert isinstance(self.function.node, cst.FunctionDef)
        return self.function.node.name

    @property
    def is_generator(self) -> bool:
        """The call makes an asynchronous generator."""
        return self.function.is_generator


def lost_coroutines(module: ModuleModel) -> Iterator[LostCoroutine]:
    """Yield the coroutine functions that are handed to what takes plain functions, and those that override `run`."""
    for handover in module.handovers:
        runs = handover.runs
        if runs.coroutine or runs.methods or runs.if_async is not None or handover.where is Where.CALLER:
            continue
        given = handover.target.value
        made = [_made_by(module, value) for value in module.values(given)]
        if all(made) and made[0] is not None:
            yield LostCoroutine(given, made[0], module.label(handover.call.func))
    for cls in module.classes:
        run, base = cls.methods.get("run"), module.resolver.library_base(cls)
        if run is None or base is None or base[1].kind not in (Primitive.THREAD, Primitive.PROCESS, Primitive.TIMER):
            continue
        if run.is_async and isinstance(run.node, cst.FunctionDef) and runs_as_written(module, run):
            yield LostCoroutine(run.node.name, run, f"{base[0].rpartition('.')[2]}.start")


def _made_by(module: ModuleModel, called: Value) -> Function | None:
    """Return the coroutine function whose coroutine a call gives back, None if it may do something else."""
    if isinstance(called, Partial):
        return _made_by(module, called.target)
    if isinstance(called, Instance) and called.cls is not None:
        made = [_made_by(module, value) for value in module.resolver.members(called, "__call__")]
        return made[0] if all(made) else None
    if not isinstance(called, FunctionValue):
        return None
    function = called.function
    if isinstance(function.node, cst.Lambda):
        body = function.node.body
        inner = module.called_function(body) if isinstance(body, cst.Call) else None
        return inner if inner is not None and inner.is_async and runs_as_written(module, inner) else None
    return function if function.is_async and runs_as_written(module, function) else None
