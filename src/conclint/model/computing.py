"""Functions that do nothing but compute, in Python code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Where
from conclint.model.events import functions_of
from conclint.model.lanes import has_one_worker
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel

_PURE = frozenset(
    {"builtins.abs", "builtins.all", "builtins.any", "builtins.bool", "builtins.divmod", "builtins.enumerate", "builtins.float",
     "builtins.int", "builtins.len", "builtins.list", "builtins.max", "builtins.min", "builtins.pow", "builtins.range",
     "builtins.reversed", "builtins.round", "builtins.set", "builtins.sum", "builtins.tuple", "builtins.zip"}
)  # fmt: skip
_LOOPS = (cst.For, cst.While, cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
_ARITHMETIC = (cst.Add, cst.Subtract, cst.Multiply, cst.Divide, cst.FloorDivide, cst.Modulo, cst.Power, cst.LeftShift,
               cst.RightShift, cst.BitAnd, cst.BitOr, cst.BitXor)  # fmt: skip
_WAITS = (cst.With, cst.Await, cst.Yield, cst.Import, cst.ImportFrom)


class ThreadedComputation(msgspec.Struct, frozen=True):
    """`call` has several threads run `function`, of which only one at a time can compute."""

    call: cst.Call
    function: Function


def threaded_computations(module: ModuleModel) -> Iterator[ThreadedComputation]:
    """Yield the calls that spread a pure computation over the threads of a pool: by a map, or task by task in a loop."""
    for handover in module.handovers:
        pool = handover.receiver
        if handover.where is not Where.WORKER or handover.runs.initializer or pool is None or pool.facts is None:
            continue
        if pool.facts.domain is not Domain.THREAD or has_one_worker(pool):
            continue
        if handover.runs.each is None and not module.repeats(handover.call):
            continue
        functions = [function for function, _ in functions_of(module.values(handover.target.value))]
        if len(functions) == 1 and _computes(module, functions[0]):
            yield ThreadedComputation(handover.call, functions[0])


def _computes(module: ModuleModel, function: Function) -> bool:
    """Tell whether a function is a loop of arithmetic, or calls itself, and does nothing else worth the name."""
    pure: dict[int, Function] = {}
    if not _is_pure(module, function, pure):
        return False
    return any(_has_numeric_loop(part) or _calls(module, part, part) for part in pure.values())


def _is_pure(module: ModuleModel, function: Function, seen: dict[int, Function]) -> bool:
    if id(function) in seen:
        return True
    seen[id(function)] = function
    if not isinstance(function.node, cst.FunctionDef) or function.is_async or function.is_generator or function.decorators:
        return False
    if any(isinstance(node, _WAITS) for node in descendants(function.node.body)):
        return False
    return all(_is_pure_call(module, call, seen) for scope in function.scope.walk() for call in scope.calls)


def _is_pure_call(module: ModuleModel, call: cst.Call, seen: dict[int, Function]) -> bool:
    if (called := module.called_function(call)) is not None:
        return _is_pure(module, called, seen)
    symbol = module.symbol(call.func)
    if symbol is not None:
        return symbol in _PURE or symbol.startswith("math.")
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in ("append", "add")


def _has_numeric_loop(function: Function) -> bool:
    return any(
        isinstance(part, (*_ARITHMETIC, cst.AugAssign))
        for loop in descendants(function.node)
        if isinstance(loop, _LOOPS)
        for part in _operators(loop)
    )


def _operators(loop: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for node in descendants(loop):
        if isinstance(node, cst.BinaryOperation):
            yield node.operator
        elif isinstance(node, cst.AugAssign):
            yield node


def _calls(module: ModuleModel, function: Function, other: Function) -> bool:
    return any(module.called_function(call) is other for call in function.scope.calls)
