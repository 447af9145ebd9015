"""Waits for a condition that come before any look at the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.accesses import accesses
from conclint.model.flow import after
from conclint.model.graph import Op, OpKind
from conclint.model.tries import Attempt, attempt
from conclint.model.words import AccessKind
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.events import Event
    from conclint.model.module import ModuleModel


def is_blind(module: ModuleModel, function: Function, call: cst.Call) -> bool:
    """Tell a wait that comes before any look at the state, so that it may miss what has happened already.

    With a timeout it is a pause, unless its outcome decides; or the timeout may be None, and the state is looked at
    when it is over.
    """
    limit = attempt(module, call)
    if limit is Attempt.WITH_LOCK:
        return True
    tests = [node for node in _before(function, call) if isinstance(node, (cst.If, cst.While, cst.IfExp, cst.Assert))]
    if any(call not in descendants(node.test) and node.test is not call for node in tests):
        return False
    return _decides(module, call) or (limit is Attempt.UNKNOWN and _asks_afterwards(module, function, call))


def _before(function: Function, call: cst.Call) -> Iterator[cst.CSTNode]:
    """Yield the nodes that end before a call, or stand around it, in source order."""
    for node in descendants(function.node):
        if node is call:
            return
        yield node


def _decides(module: ModuleModel, call: cst.Call) -> bool:
    """Tell whether the answer of a wait is what an `if` or `assert` tests."""
    tested: cst.BaseExpression = awaited_call(module, call)
    parent = module.tree.parent(tested)
    while isinstance(parent, cst.UnaryOperation):
        tested, parent = parent, module.tree.parent(parent)
    return isinstance(parent, (cst.If, cst.Assert)) and parent.test is tested


def _asks_afterwards(module: ModuleModel, function: Function, call: cst.Call) -> bool:
    graph = module.graph(function)
    reads = {id(access.node) for access in accesses(module, function) if access.kind is AccessKind.READ}
    return graph is not None and any(id(op.node) in reads for op in after(graph, call, lambda _op: False))


def answers_an_action(module: ModuleModel, function: Function, event: Event) -> bool:
    """Tell whether something is done between taking the lock and the wait, which the notification may answer.

    As long as the lock is held nobody can answer it too early.
    """
    lock = module.locks.lock(event.object)
    acting = False
    for node in _before(function, event.node):  # type: ignore[arg-type]
        op = Op(OpKind.ENTER if isinstance(node, cst.WithItem) else OpKind.CALL, node)
        if isinstance(node, (cst.WithItem, cst.Call)) and (what := module.locks.event(op)) is not None:
            acting = acting and (lock is None or what[1].key != lock.key)
        elif isinstance(node, cst.Call):
            acting = acting or (module.may_raise(op) and not _is_asked(module, node))
        elif isinstance(node, cst.AssignTarget):
            acting = acting or not isinstance(node.target, cst.Name)
    return acting


def _is_asked(module: ModuleModel, call: cst.Call) -> bool:
    """Tell whether a call stands in a test."""
    for inner, outer in module.tree.outwards(call):
        if isinstance(outer, (cst.If, cst.While, cst.IfExp, cst.Assert)):
            return outer.test is inner
        if isinstance(outer, (cst.BaseSmallStatement, cst.BaseCompoundStatement)):
            return False
    return False


def awaited_call(module: ModuleModel, call: cst.Call) -> cst.BaseExpression:
    parent = module.tree.parent(call)
    return parent if isinstance(parent, cst.Await) else call
