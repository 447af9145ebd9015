"""What a thread queues up to be woken by, and does not take out of the queue again when its patience ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.words import Primitive
from conclint.model.calls import called_by
from conclint.model.containers import TAKES_ITEM
from conclint.model.escape import fate_of
from conclint.model.graph import OpKind
from conclint.model.paths import Conditions, explore, outcome
from conclint.model.patience import is_bounded
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conclint.model.definitions import Function
    from conclint.model.graph import Op
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Facts, State
    from conclint.model.values import Site

_KINDS = (
    Primitive.CONDITION,
    Primitive.EVENT,
    Primitive.LOCK,
    Primitive.SEMAPHORE,
    Primitive.QUEUE,
    Primitive.FUTURE,
)
_WAITS = frozenset({"wait", "acquire", "get", "result"})
_ASKS = frozenset({"index", "count", "copy", "__len__"})
_TAKES_ONE = frozenset({"pop", "popleft", "popitem"})
_OUT, _IN, _WOKEN, _LATE = "out", "in", "woken", "late"


class LeftWaiter(msgspec.Struct, frozen=True):
    """A primitive that one call made for itself and put into `queue` at `queued`.

    The wait at `wait` may time out, and the call comes to its end at `end` with the primitive still there; at `picked` others
    take one of the queue to wake it.
    """

    waiter: cst.Name
    queue: cst.BaseExpression
    queued: cst.Call
    wait: cst.Call
    end: cst.CSTNode
    picked: cst.CSTNode


def left_waiters(module: ModuleModel) -> Iterator[LeftWaiter]:
    """Yield the waiters that are left in a queue from which others wake one at a time."""
    for site in module.sites_of(*_KINDS):
        function = module.function_of(site.scope)
        waits = _bounded_waits(module, site)
        if function is None or not function.scope.is_callable or not waits:
            continue
        names = fate_of(module, site.call).variables
        for call in function.scope.calls:
            queue, waiter = _queue(module, call, names), _waiter(call, names) if call.args else None
            path = module.locks.path(queue) if queue is not None else None
            picked = _picked(module, path, function) if path is not None else None
            if queue is None or waiter is None or path is None or picked is None:
                continue
            found = _Leaving(module, path, call, waits).end(function)
            if found is not None:
                yield LeftWaiter(waiter, queue, call, waits[0], found, picked)


def _bounded_waits(module: ModuleModel, site: Site) -> list[cst.Call]:
    """Return the calls that wait for what a site makes, for a while only."""
    return [
        event.node
        for event in module.events
        if event.word in _WAITS
        and isinstance(event.node, cst.Call)
        and event.facts is not None
        and event.facts.blocks is not None
        and is_bounded(event.node, event.facts.blocks)
        and any(instance.site is site for instance in event.instances)
    ]


def _queue(module: ModuleModel, call: cst.Call, names: set[str]) -> cst.BaseExpression | None:
    """Return the container that outlives the call and gets what these variables hold.

    `self._waiters.append(event)`, `heappush(self._waiters, (priority, event))`.
    """
    func = call.func
    if isinstance(func, cst.Attribute) and func.attr.value in TAKES_ITEM and call.args:
        container = func.value
    elif module.symbol(func) == "heapq.heappush" and len(call.args) == 2:
        container = call.args[0].value
    else:
        return None
    path = module.locks.path(container)
    return container if _waiter(call, names) is not None and path is not None and ":" not in path else None


def _waiter(call: cst.Call, names: set[str]) -> cst.Name | None:
    """Return what is put into a container by itself or in a tuple, when it is one of these variables."""
    given = call.args[-1].value
    parts = [element.value for element in given.elements] if isinstance(given, cst.Tuple) else [given]
    return next((part for part in parts if isinstance(part, cst.Name) and part.value in names), None)


def _picked(module: ModuleModel, path: str, waiting: Function) -> cst.CSTNode | None:
    """Return where another function takes, or looks at, one item of a container."""
    for scope in module.scopes:
        if module.function_of(scope) is waiting:
            continue
        for call in scope.calls:
            container = None
            if isinstance(call.func, cst.Attribute) and call.func.attr.value in _TAKES_ONE:
                container = call.func.value
            elif module.symbol(call.func) == "heapq.heappop" and call.args:
                container = call.args[0].value
            if container is not None and module.locks.path(container) == path:
                return call
    for node in module.nodes(cst.Subscript):
        index = node.slice[0].slice
        one = isinstance(index, cst.Index) and isinstance(index.value, (cst.Integer, cst.UnaryOperation))
        if one and module.function_at(node) is not waiting and module.locks.path(node.value) == path:
            return node
    return None


def _is_test(module: ModuleModel, node: cst.CSTNode) -> bool:
    """Tell what an `if` or `while` tests by itself, or together with other conditions: whether there is anything in it."""
    inner, outer = node, module.tree.parent(node)
    while isinstance(outer, (cst.BooleanOperation, cst.UnaryOperation)):
        inner, outer = outer, module.tree.parent(outer)
    return isinstance(outer, (cst.If, cst.While)) and inner is outer.test


class _Leaving:
    """The ways through a function, with what has become of the waiter that it has put into a queue."""

    def __init__(self, module: ModuleModel, path: str, queued: cst.Call, waits: list[cst.Call]) -> None:
        self._module = module
        self._path = path
        self._attribute = path.rpartition(".")[2].rpartition(" ")[2]
        self._queued = queued
        self._waits = {id(wait) for wait in waits}

    def end(self, function: Function) -> cst.CSTNode | None:
        """Return the statement at which a wait that has timed out leaves the function, the waiter still in the queue.

        Where the outcome of the wait does not lead there, it is a `raise` in a function that takes the waiter out elsewhere.
        """
        graph = self._module.graph(function)
        if graph is None:
            return None
        # Whoever waits lets others change what was tested before.
        conditions = Conditions(self._module.code, lambda op: id(op.node) in self._waits)
        exploration = explore(graph, _OUT, self._step, conditions)
        leaving = {
            OpKind.RAISE: _LATE in exploration.ends(graph.raised),
            OpKind.RETURN: _LATE in exploration.ends(graph.returned),
        }
        sure: list[cst.CSTNode] = []
        raised: list[cst.CSTNode] = []
        takes_out = False

        def see(op: Op, states: Mapping[State, Facts]) -> None:
            nonlocal takes_out
            takes_out = takes_out or (_WOKEN in states and self._may_take_out(op))
            if leaving.get(op.kind) and _LATE in states:
                if _WOKEN not in states:
                    sure.append(op.node)
                elif op.kind is OpKind.RAISE:
                    raised.append(op.node)

        exploration.visit(see)
        found = [*sure, *raised] if takes_out else sure
        return found[0] if found and exploration.complete else None

    def _step(self, op: Op, state: State) -> list[tuple[State, tuple[tuple[str, bool], ...]]] | None:
        if op.kind is OpKind.CALL and op.node is self._queued:
            return [(_IN, ())]
        if state is _OUT:
            return None
        if id(op.node) in self._waits and isinstance(op.node, cst.Call) and op.kind is OpKind.CALL:
            told = outcome(op.node)
            return [(_WOKEN, ((told, True),)), (_LATE, ((told, False),))]
        if op.kind is OpKind.LOAD and self._is_queue(op.node) and _is_test(self._module, op.node):
            # Where nobody is in the queue, the waiter is not either.
            name = dotted_name(op.node)
            return [(state, ((name, True),)), (_OUT, ((name, False),))]
        return [(_OUT, ())] if self._may_take_out(op) else None

    def _may_take_out(self, op: Op) -> bool:
        node = op.node
        if op.kind is OpKind.CALL and isinstance(node, cst.Call):
            func = node.func
            if isinstance(func, cst.Attribute) and self._is_queue(func.value):
                return func.attr.value not in TAKES_ITEM | _ASKS
            if any(self._is_queue(given.value) for given in node.args):
                return self._module.symbol(func) != "builtins.len"
            return any(self._mentions(function) for function in called_by(self._module, node))
        if op.kind in (OpKind.STORE, OpKind.BIND, OpKind.DELETE, OpKind.AUGMENT):
            target = node.target if isinstance(node, cst.AugAssign) else node
            return self._is_queue(target.value if isinstance(target, cst.Subscript) else target)
        # Who asks whether the waiter is still there takes it out, if it is.
        return (
            op.kind is OpKind.LOAD
            and self._is_queue(node)
            and isinstance(self._module.tree.parent(node), cst.ComparisonTarget)
        )

    def _is_queue(self, node: cst.CSTNode) -> bool:
        return isinstance(node, (cst.Name, cst.Attribute)) and self._module.locks.path(node) == self._path

    def _mentions(self, function: Function) -> bool:
        return any(attribute.attr.value == self._attribute for attribute in function.scope.attributes) or any(
            name.value == self._attribute for name in function.scope.names
        )
