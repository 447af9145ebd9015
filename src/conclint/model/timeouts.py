"""Waits that may end too early, and code behind them that relies on what was waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Primitive
from conclint.model.accesses import accesses
from conclint.model.calls import calls_of
from conclint.model.flow import after
from conclint.model.graph import OpKind
from conclint.model.results import is_dropped
from conclint.model.tries import Attempt, attempt
from conclint.model.words import AccessKind
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.accesses import Access
    from conclint.model.definitions import Function
    from conclint.model.events import Event
    from conclint.model.graph import Op
    from conclint.model.module import ModuleModel

_WORKERS = (Primitive.THREAD, Primitive.TIMER)
_SIGNALS = {
    (Primitive.EVENT, "wait"): ("set",),
    (Primitive.CONDITION, "wait"): ("notify", "notify_all"),
    (Primitive.CONDITION, "wait_for"): ("notify", "notify_all"),
}
_TESTS = (cst.Comparison, cst.BooleanOperation, cst.UnaryOperation, cst.If, cst.While, cst.Assert, cst.IfExp)
_BELIEVING = frozenset(
    f"builtins.{name}"
    for name in ("dict", "enumerate", "iter", "len", "list", "map", "max", "min", "next", "print", "set", "sorted", "sum")
)


class UncheckedTimeout(msgspec.Struct, frozen=True):
    """A wait whose outcome nobody looks at, a use of something behind it, and where the other side writes that."""

    event: Event
    use: Access
    write: Access


def unchecked_timeouts(module: ModuleModel) -> Iterator[UncheckedTimeout]:
    """Yield the waits with a timeout that drop the answer, and after which the code uses what the other side writes.

    Inside a `while` a wait is a pause, or the loop tests what it waits for. What another process writes to its variables
    is not seen here anyway.
    """
    for event in module.events:
        joins = event.word == "join" and event.kind in _WORKERS
        call = event.node
        if not joins and (event.kind, event.word) not in _SIGNALS:
            continue
        if not isinstance(call, cst.Call) or event.domain is not Domain.THREAD:
            continue
        if attempt(module, call) is not Attempt.EITHER_WAY or not is_dropped(module, call):
            continue
        function = module.function_at(call)
        if function is None or module.inside(call, cst.While) is not None:
            continue
        ended = (root.function for root in module.runners.behind(event.instances))
        others = ended if joins else _signalling(module, event)
        written = {
            access.variable.key: access
            for other in _with_callees(module, others)
            if other is not function
            for access in accesses(module, other)
            if access.kind.writes
        }
        use = _used(module, function, event, set(written)) if written else None
        if use is not None:
            yield UncheckedTimeout(event, use, written[use.variable.key])


def _signalling(module: ModuleModel, event: Event) -> Iterator[Function]:
    """Yield the functions that set the event, or notify the condition."""
    path = module.locks.path(event.object)
    for other in module.events:
        if other.kind is event.kind and other.word in _SIGNALS[event.kind, event.word]:  # type: ignore[index]
            function = module.function_at(other.node)
            if function is not None and path is not None and module.locks.path(other.object) == path:
                yield function


def _with_callees(module: ModuleModel, functions: Iterator[Function]) -> Iterator[Function]:
    seen: set[int] = set()
    pending = list(functions)
    while pending:
        function = pending.pop()
        if id(function) not in seen:
            seen.add(id(function))
            yield function
            pending.extend(called for site in calls_of(module, function) for called in site.functions)


def _used(module: ModuleModel, function: Function, event: Event, written: set[str]) -> Access | None:
    """Return the first use of something written by the other side, unless the outcome, or that, is looked at before."""
    graph = module.graph(function)
    if graph is None or not isinstance(event.node, cst.Call):
        return None
    found = {id(part): access for access in accesses(module, function) for part in (access.node, *access.parts)}
    reads = {key: access for key, access in found.items() if access.variable.key in written and not access.kind.writes}
    names = {dotted_name(event.object)}
    loop = module.inside(event.node, cst.For)
    if loop is not None:
        names.add(dotted_name(loop.iter))

    def looks(op: Op) -> bool:
        asked = op.kind is OpKind.LOAD and dotted_name(op.node) in names
        return asked or (id(op.node) in reads and _is_tested(module, op.node))

    for op in after(graph, event.node, looks):
        access = reads.get(id(op.node))
        if access is not None and not looks(op) and _is_relied_on(module, access):
            return access
    return None


def _is_tested(module: ModuleModel, node: cst.CSTNode) -> bool:
    parent = module.tree.parent(node)
    if isinstance(parent, cst.Arg):  # if len(x) < 3
        call = module.tree.parent(parent)
        parent = module.tree.parent(call) if call is not None else None
    return isinstance(parent, (*_TESTS, cst.ComparisonTarget))


def _is_relied_on(module: ModuleModel, access: Access) -> bool:
    """Tell a use that goes wrong, or is wrong, when nothing has been written yet; who is handed it may look at it."""
    if access.element or access.kind is AccessKind.ITERATE:
        called = access.parts[0].func if isinstance(access.parts[0], cst.Call) else None
        return not (isinstance(called, cst.Attribute) and called.attr.value in ("get", "copy"))
    given = module.tree.parent(access.node)
    call = module.tree.parent(given) if isinstance(given, cst.Arg) else None
    return isinstance(call, cst.Call) and module.symbol(call.func) in _BELIEVING
