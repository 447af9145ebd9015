"""Tasks of an event loop that nobody keeps, or whose outcome nobody asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain
from conclint.model.blocking import is_quick
from conclint.model.catching import catches_all
from conclint.model.escape import fate_of
from conclint.model.flow import after
from conclint.model.graph import OpKind
from conclint.model.results import is_dropped, is_unasked
from conclint.model.values import Instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.events import Handover
    from conclint.model.module import ModuleModel


class DroppedTask(msgspec.Struct, frozen=True):
    """`call` hands `coroutine` to an event loop, and nobody keeps what it gives back.

    `errors_only`: the loop's own thread is another, which keeps the task; what is lost is its exception.
    """

    call: cst.Call
    coroutine: cst.BaseExpression
    errors_only: bool


def dropped_tasks(module: ModuleModel) -> Iterator[DroppedTask]:
    """Yield the coroutines that are made a task of which no reference is left, or whose exception nobody can see."""
    for handover in module.handovers:
        if not handover.runs.coroutine or handover.runs.errors != "result":
            continue
        call, coroutine = handover.call, handover.target.value
        made = _made(module, handover)
        if made is None or made.facts is None:
            continue
        if made.facts.domain is Domain.ASYNCIO:
            if is_dropped(module, call) and _is_coroutine(module, handover) and not _is_kept_meanwhile(module, call):
                yield DroppedTask(call, coroutine, errors_only=False)
        elif is_unasked(fate_of(module, call)) and _may_fail(module, coroutine) and not _is_kept_meanwhile(module, call):
            yield DroppedTask(call, coroutine, errors_only=True)


def _made(module: ModuleModel, handover: Handover) -> Instance | None:
    """Return what a call gives back: a task or future."""
    values = module.values(handover.call)
    return values[0] if len(values) == 1 and isinstance(values[0], Instance) else None


def _may_fail(module: ModuleModel, coroutine: cst.BaseExpression) -> bool:
    """Tell whether a coroutine is of a function that is known and may raise."""
    called = module.called_function(coroutine) if isinstance(coroutine, cst.Call) else None
    return called is not None and called.is_async and not catches_all(module, called)


def _is_coroutine(module: ModuleModel, handover: Handover) -> bool:
    """Tell whether a task is surely made: `ensure_future` gives back a future that it is given."""
    if not handover.type_name.endswith("ensure_future"):
        return True
    given = handover.target.value
    called = module.called_function(given) if isinstance(given, cst.Call) else None
    return called is not None and called.is_async


def _is_kept_meanwhile(module: ModuleModel, call: cst.Call) -> bool:
    """Tell whether a variable of a function that goes on waiting for something keeps the task as long."""
    if module.is_discarded(call):
        return False
    function = module.function_at(call)
    graph = module.graph(function) if function is not None else None
    if graph is None:
        return True
    for op in after(graph, call, lambda _: False):
        if op.kind in (OpKind.AWAIT, OpKind.YIELD):
            return True
        if op.kind is OpKind.CALL and isinstance(op.node, cst.Call) and not is_quick(module, op.node):
            return True
    return False
