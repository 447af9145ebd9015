"""Where the outcome of a task goes: handles that nobody keeps, iterators that nobody goes through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive
from conclint.model.arguments import argument
from conclint.model.catching import takes_care
from conclint.model.escape import fate_of
from conclint.model.events import functions_of
from conclint.model.kept import fates_of_attribute, keeper
from conclint.model.values import UNKNOWN, Constant, Symbol
from conclint.syntax import BindingKind
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.escape import Fate
    from conclint.model.events import Event
    from conclint.model.module import ModuleModel

_POOLS = (Primitive.POOL, Primitive.EXECUTOR)
_ASKS_NOTHING = frozenset({"cancel", "cancelled", "done", "ready", "running"})
_COLLECTED = (cst.ListComp, cst.SetComp, cst.GeneratorExp)
_PUTS_IN = frozenset({"add", "append", "clear", "discard", "remove"})
_CANNOT_FAIL = frozenset({"builtins.print", "time.sleep"})


class DroppedResult(msgspec.Struct, frozen=True):
    """A task is submitted by `call`, and nobody will learn of its outcome.

    `last_only` tells that the handle of the last one is asked, and each earlier one is replaced by the next; `kept`
    is the attribute that has the handle for nothing.
    """

    call: cst.Call
    pool: cst.BaseExpression
    task: cst.BaseExpression
    last_only: bool = False
    kept: cst.Attribute | None = None


def dropped_results(module: ModuleModel) -> Iterator[DroppedResult]:
    """Yield the tasks for pools and executors whose handle nobody asks, though they may raise.

    Tasks that are not known count as if they dealt with their exceptions.
    """
    for event in module.events:
        call = event.node
        if event.facts is None or not event.facts.handle or event.kind not in _POOLS:
            continue
        if isinstance(call, cst.Call) and (task := _failing_task(module, event)) is not None:
            fate = fate_of(module, call)
            if is_unasked(fate):
                yield DroppedResult(call, event.object, task)
            elif _is_replaced(module, call, fate):
                yield DroppedResult(call, event.object, task, last_only=True)
            elif (kept := _kept_for_nothing(module, fate)) is not None:
                yield DroppedResult(call, event.object, task, kept=kept)


def ignored_iterators(module: ModuleModel) -> Iterator[DroppedResult]:
    """Yield the calls of `map`, `imap` and the like whose iterator nobody goes through, though the task may raise."""
    for event in module.events:
        call = event.node
        if event.facts is None or not event.facts.lazy or event.kind not in _POOLS:
            continue
        if isinstance(call, cst.Call) and (task := _failing_task(module, event)) is not None:
            if is_unasked(fate_of(module, call)):
                yield DroppedResult(call, event.object, task)


def is_unasked(fate: Fate) -> bool:
    """Tell whether nobody asks a handle for its outcome: at most whether there is one yet."""
    return not fate.escapes and all(use.name in _ASKS_NOTHING for use in fate.uses)


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


def _kept_for_nothing(module: ModuleModel, fate: Fate) -> cst.Attribute | None:
    """Return the private attribute that a handle ends in, if nobody asks there either."""
    keepers = [keeper(module, escape) for escape in fate.escapes]
    kept = keepers[0] if keepers else None
    if kept is None or len(keepers) > 1 or any(use.name not in _ASKS_NOTHING for use in fate.uses):
        return None
    for there in fates_of_attribute(module, kept.attr.value):
        if there.escapes or any(use.name not in _ASKS_NOTHING | _PUTS_IN for use in there.uses):
            return None
    return kept


def _is_replaced(module: ModuleModel, call: cst.Call, fate: Fate) -> bool:
    """Tell whether a loop puts one handle after another into a variable that is read behind the loop only."""
    loop = module.inside(call, (cst.For, cst.While))
    assignment = module.tree.parent(call)
    if loop is None or not isinstance(assignment, cst.Assign) or len(assignment.targets) != 1:
        return False
    target = assignment.targets[0].target
    if not isinstance(target, cst.Name) or fate.variables != {target.value}:
        return False
    if any(isinstance(node, (cst.Break, cst.Return)) for node in descendants(loop.body)):
        return False
    seen = [use.node for use in fate.uses] + [escape.node for escape in fate.escapes]
    return not any(at is loop for node in seen for at in module.tree.ancestors(node))


def _failing_task(module: ModuleModel, event: Event) -> cst.BaseExpression | None:
    """Return the callable that is submitted if it may raise and nobody is told of its exceptions."""
    assert event.facts is not None
    assert isinstance(event.node, cst.Call)
    call = event.node
    for runs in event.facts.runs:
        if runs.errors != "result":
            continue
        told = argument(call, runs.on_error)
        if told is not None and not (isinstance(told.value, cst.Name) and told.value.value == "None"):
            return None
        if any(given.star == "**" for given in call.args) and runs.on_error is not None:
            return None
        target = argument(call, runs.target)
        if target is not None and _may_fail_unseen(module, target.value, alone=len(call.args) == 1):
            return target.value
        return None
    return None


def _may_fail_unseen(module: ModuleModel, task: cst.BaseExpression, *, alone: bool) -> bool:
    """Tell whether a task surely is something that may raise; `alone`: it gets no arguments."""
    values = module.values(task)
    if not values or UNKNOWN in values or any(isinstance(value, Constant) for value in values):
        return False
    symbols = [value.name for value in values if isinstance(value, Symbol)]
    if any(name in _CANNOT_FAIL or (alone and name.startswith("builtins.")) for name in symbols):
        return False
    functions = [function for function, _ in functions_of(values)]
    return not functions or any(not takes_care(module, function) for function in functions)
