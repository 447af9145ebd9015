"""Where the outcome of a task goes: results that nobody keeps, and tasks that cannot fail unseen."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import libcst as cst

from conclint.knowledge.schema import Primitive
from conclint.model.arguments import argument
from conclint.model.events import functions_of
from conclint.model.graph import Op, OpKind
from conclint.model.values import NONE, UNKNOWN, Constant
from conclint.syntax import BindingKind
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conclint.model.definitions import Function
    from conclint.model.events import Event
    from conclint.model.module import ModuleModel

_CATCH_ALL = frozenset({"builtins.Exception", "builtins.BaseException"})
_REPORTING = frozenset(
    {
        "debug",
        "info",
        "warning",
        "error",
        "exception",
        "critical",
        "log",
        "put",
        "put_nowait",
        "set",
        "task_done",
    }
)
_COLLECTED = (cst.ListComp, cst.SetComp, cst.GeneratorExp)


@dataclasses.dataclass(frozen=True, slots=True)
class DroppedResult:
    """A task is submitted by `call`, and the only handle to its outcome is thrown away."""

    call: cst.Call
    pool: cst.BaseExpression
    task: cst.BaseExpression


def dropped_results(module: ModuleModel) -> Iterator[DroppedResult]:
    """Yield the tasks for pools and executors whose result nobody keeps, though they may raise.

    Tasks that are not known count as if they dealt with their exceptions.
    """
    for event in module.events:
        call = event.node
        if event.facts is None or not event.facts.handle or not isinstance(call, cst.Call):
            continue
        if event.kind not in (Primitive.POOL, Primitive.EXECUTOR) or not is_dropped(module, call):
            continue
        task = _task(event, call)
        if task is not None and _may_fail_unseen(module, task):
            yield DroppedResult(call, event.object, task)


def _task(event: Event, call: cst.Call) -> cst.BaseExpression | None:
    """Return the callable that is submitted, None when somebody is told of its exceptions."""
    assert event.facts is not None
    for runs in event.facts.runs:
        if runs.errors != "result":
            continue
        told = argument(call, runs.on_error)
        if told is not None and not (isinstance(told.value, cst.Name) and told.value.value == "None"):
            return None
        if any(given.star == "**" for given in call.args) and runs.on_error is not None:
            return None
        target = argument(call, runs.target)
        return target.value if target is not None else None
    return None


def is_dropped(module: ModuleModel, call: cst.BaseExpression) -> bool:
    """Tell whether nobody looks at the value of an expression: not even through a variable or a list."""
    if module.is_discarded(call):
        return True
    parent = module.tree.parent(call)
    if isinstance(parent, _COLLECTED) and parent.elt is call:
        return module.is_discarded(parent)
    return (
        isinstance(parent, cst.Assign)
        and len(parent.targets) == 1
        and _is_unused(module, parent.targets[0].target)
    )


def _is_unused(module: ModuleModel, target: cst.BaseExpression) -> bool:
    """Tell a local variable that is bound and never read."""
    if not isinstance(target, cst.Name):
        return False
    owner = module.tree.scope_of(target).owner(target.value)
    if owner is None or not owner.is_callable:
        return False
    bound = {id(b.node) for b in owner.bindings[target.value] if b.kind is BindingKind.ASSIGN}
    return not any(
        name.value == target.value and id(name) not in bound for scope in owner.walk() for name in scope.names
    )


def _may_fail_unseen(module: ModuleModel, task: cst.BaseExpression) -> bool:
    values = module.values(task)
    if not values or UNKNOWN in values or any(isinstance(value, Constant) for value in values):
        return False
    functions = [function for function, _ in functions_of(values)]
    if not functions:
        return not any(value is NONE for value in values)
    return any(not catches_all(module, function) for function in functions)


def catches_all(module: ModuleModel, function: Function) -> bool:
    """Tell whether no exception leaves a function: it can raise none, or `except Exception` is around what can."""
    node = function.node
    if isinstance(node, cst.Lambda):
        return not _can_raise(module, [node.body])
    if not isinstance(node, cst.FunctionDef) or any(_is_wrapping(name) for name in function.decorators):
        return True
    return _safe(module, node.body.body)


def _is_wrapping(decorator: str) -> bool:
    """Tell a decorator that may catch what the function raises."""
    return decorator.rpartition(".")[2] not in ("staticmethod", "classmethod", "override")


def _safe(module: ModuleModel, statements: Sequence[cst.CSTNode]) -> bool:
    return all(_is_safe(module, statement) for statement in statements)


def _is_safe(module: ModuleModel, statement: cst.CSTNode) -> bool:
    if isinstance(statement, (cst.IndentedBlock, cst.SimpleStatementSuite)):
        return _safe(module, statement.body)
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        return True
    if isinstance(statement, (cst.Try, cst.TryStar)):
        catching = any(_catches(module, handler) for handler in statement.handlers)
        inner = [block for block in (statement.orelse, statement.finalbody) if block is not None]
        rest = _safe(module, [block.body for block in inner])
        return rest and (catching or _is_safe(module, statement.body))
    if isinstance(statement, (cst.While, cst.If)):
        rest = statement.orelse is None or _is_safe(module, statement.orelse)
        return rest and not _can_raise(module, [statement.test]) and _is_safe(module, statement.body)
    if isinstance(statement, cst.Else):
        return _is_safe(module, statement.body)
    if isinstance(statement, cst.For):
        return not _can_raise(module, [statement.iter]) and _is_safe(module, statement.body)
    if isinstance(statement, cst.With):
        managers = [item.item for item in statement.items]
        return not _can_raise(module, managers) and _is_safe(module, statement.body)
    return not _can_raise(module, [statement])


def _catches(module: ModuleModel, handler: cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    """Tell a handler that takes every exception and does not raise it again."""
    if any(isinstance(part, cst.Raise) for part in descendants(handler.body)):
        return False
    return handler.type is None or module.symbol(handler.type) in _CATCH_ALL


def _can_raise(module: ModuleModel, nodes: Sequence[cst.CSTNode]) -> bool:
    for node in nodes:
        for part in descendants(node):
            if isinstance(part, (cst.Raise, cst.Assert, cst.BinaryOperation, cst.AugAssign)):
                return True
            if isinstance(part, cst.Call) and not _reports(part) and module.may_raise(Op(OpKind.CALL, part)):
                return True
            if isinstance(part, cst.Subscript) and module.may_raise(Op(OpKind.LOAD, part)):
                return True
    return False


def _reports(call: cst.Call) -> bool:
    """Tell a call that only passes an outcome on: to a log, a queue, an event."""
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in _REPORTING
