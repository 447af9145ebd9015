"""Joins of processes that still hold what they have put into a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive
from conclint.model.calls import calls_of
from conclint.model.escape import Way, fate_of
from conclint.model.flow import after
from conclint.model.graph import OpKind
from conclint.model.patience import waits_for_ever
from conclint.model.values import Instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.events import Event
    from conclint.model.module import ModuleModel
    from conclint.model.queue_ends import End, Queue

_PIPED = frozenset({"multiprocessing.Queue", "multiprocessing.JoinableQueue", "multiprocessing.SimpleQueue"})
"""Queues with a pipe in them, which holds no more than some 64 kB."""
_GETTERS = ("get", "get_nowait")


class EarlyJoin(msgspec.Struct, frozen=True):
    """`join` waits for a process that does `put`, and what that puts is only taken later, at `take`."""

    join: Event
    put: Event
    take: cst.Call


def early_joins(module: ModuleModel) -> Iterator[EarlyJoin]:
    """Yield the joins in functions that take from a queue only behind them, when nobody else does it meanwhile."""
    joins = [
        event
        for event in module.events_of("join", Primitive.PROCESS)
        if event.facts is not None and waits_for_ever(event.node, event.facts.blocks)
    ]
    told: set[int] = set()
    for queue in module.queues if joins else ():
        if queue.site.type_name not in _PIPED or queue.of("cancel_join_thread") or _is_lent(module, queue):
            continue
        for join in joins:
            if id(join.node) in told:
                continue
            put = _put_by(module, queue, join)
            function = module.function_at(join.node)
            take = _first_take(module, queue, function, join) if put is not None and function is not None else None
            if put is not None and take is not None:
                told.add(id(join.node))
                yield EarlyJoin(join, put.event, take)


def _put_by(module: ModuleModel, queue: Queue, join: Event) -> End | None:
    """Return where the processes that are joined put something into the queue."""
    joined = module.runners.behind(join.instances)
    return next((end for end in queue.of("put") if any(root in end.processes for root in joined)), None)


def _first_take(module: ModuleModel, queue: Queue, function: Function, join: Event) -> cst.Call | None:
    """Return the first take behind a join, None if there may be one before it, here or elsewhere."""
    graph = module.graph(function)
    takes = {id(call): call for call in _takes(module, queue, function)}
    helpers = {id(one) for call in takes.values() if (one := module.called_function(call)) is not None}
    if graph is None or any(id(end.function) not in {id(function), *helpers} for end in queue.of("get")):
        return None
    starts = {
        id(event.node)
        for event in module.events_of("start", Primitive.PROCESS)
        if {id(one.site) for one in event.instances} & {id(one.site) for one in join.instances}
    }
    for call in takes.values():
        steps = after(graph, call, lambda op: op.kind is OpKind.CALL and id(op.node) in starts)
        if any(op.node is join.node for op in steps):
            return None
    assert isinstance(join.node, cst.Call)
    behind = (op.node for op in after(graph, join.node, lambda _: False) if op.kind is OpKind.CALL)
    return next((takes[id(node)] for node in behind if id(node) in takes), None)


def _takes(module: ModuleModel, queue: Queue, function: Function) -> Iterator[cst.Call]:
    """Yield the calls that take from a queue: `get()`, `iter(queue.get, None)`, and functions that do it."""
    for scope in function.scope.walk():
        for attribute in scope.attributes if scope.execution is function.scope else ():
            if attribute.attr.value in _GETTERS and _may_be(module, attribute.value, queue):
                call = module.tree.enclosing(attribute, cst.Call)
                if call is not None:
                    yield call
    taking = {id(end.function) for end in queue.of("get")} - {id(function)}
    for site in calls_of(module, function):
        if isinstance(site.node, cst.Call) and any(id(one) in taking for one in site.functions):
            yield site.node


def _may_be(module: ModuleModel, node: cst.BaseExpression, queue: Queue) -> bool:
    return any(isinstance(value, Instance) and value.site is queue.site for value in module.values(node))


def _is_lent(module: ModuleModel, queue: Queue) -> bool:
    """Tell whether code that is not to be seen gets the queue, and may take from it."""
    handed_over = {id(handover.call) for handover in module.handovers}
    for escape in fate_of(module, queue.site.call).escapes:
        call = module.tree.enclosing(escape.node, cst.Call)
        if escape.way is not Way.PASSED or call is None:
            continue
        known = module.called_function(call) is not None or any(
            isinstance(value, Instance) and value.cls is not None for value in module.values(call)
        )
        if not known and id(call) not in handed_over:
            return True
    return False
