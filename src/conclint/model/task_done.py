"""Consumers of queues that count their items: is `task_done()` called once for each item that was taken?"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, TypeAlias

import libcst as cst
import msgspec

from conclint.draft import Change, Remedy
from conclint.model.catching import catches_all
from conclint.model.flow import after
from conclint.model.graph import Op, OpKind
from conclint.model.locks import sounds_like_a_lock
from conclint.model.paths import explore
from conclint.model.queue_ends import queue_identity
from conclint.model.rewriting import indentation, line_of, one_deeper
from conclint.model.takes import Take, is_one_by_one, own_calls, takes_of
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Exploration, Facts, State

_PAUSES = frozenset({"asyncio.sleep", "time.sleep"})

_Account: TypeAlias = "tuple[int, bool, bool]"
"""The take, by `id` of its node, 0 for none; whether it is counted as done; whether a test has looked at the item."""
_NOTHING: _Account = (0, False, False)


class Slip(enum.Enum):
    """How an item comes not to be counted, or to be counted twice."""

    NEXT = "next"  # another item is taken first
    LAST = "last"  # the consumer ends with it
    FAILED = "failed"  # an exception gets in between
    TWICE = "twice"


class Miscount(msgspec.Struct, frozen=True):
    """An item that is taken at `take` and not counted right by `done`, of a queue that `join` waits for, if that is seen.

    `culprit` is what may raise, where it can be named.
    """

    slip: Slip
    take: Take
    done: cst.Call
    join: cst.Call | None
    culprit: cst.CSTNode | None = None


def miscounts(module: ModuleModel) -> Iterator[Miscount]:
    """Yield what goes wrong between taking an item and counting it as done, once for each place that takes one.

    Only where somebody is seen to wait for the queue, or where the queue comes from outside, so that somebody may.
    """
    for function in module.functions:
        counted: dict[object, list[cst.Call]] = {}
        for call in own_calls(function):
            if isinstance(call.func, cst.Attribute) and call.func.attr.value == "task_done":
                counted.setdefault(queue_identity(module, call.func.value), []).append(call)
        for queue, dones in counted.items():
            takes = takes_of(module, function, lambda node, queue=queue: queue_identity(module, node) == queue)  # type: ignore[misc]
            if takes and is_one_by_one(module, takes, dones) and not _is_counted_elsewhere(module, function, queue):
                yield from _Consumer(module, function, queue, takes, dones).slips()


def _is_counted_elsewhere(module: ModuleModel, function: Function, queue: object) -> bool:
    """Tell whether a function that takes nothing itself may count the items of this queue: a callback, a helper."""
    for other in module.functions:
        for call in own_calls(other) if other is not function else ():
            if isinstance(call.func, cst.Attribute) and call.func.attr.value == "task_done":
                counted = queue_identity(module, call.func.value)
                known = not isinstance(counted, str) and not isinstance(queue, str)
                if (counted == queue or not known) and not takes_of(
                    module, other, lambda node, counted=counted: queue_identity(module, node) == counted  # type: ignore[misc]
                ):
                    return True
    return False


class _Consumer:
    """Follows one function that takes the items of one queue and counts them."""

    def __init__(
        self, module: ModuleModel, function: Function, queue: object, takes: list[Take], dones: list[cst.Call]
    ) -> None:
        self.module = module
        self.function = function
        self.queue = queue
        self.takes = {id(take.node): take for take in takes}
        self.dones = dones
        items = frozenset(name for take in takes for name in take.items)
        tests = [node.test for node in descendants(function.node) if isinstance(node, (cst.If, cst.While))]
        self.tests = [test for test in tests if any(_is_name_of(part, items) for part in descendants(test))]
        looked_at = [part for test in self.tests for part in descendants(test)]
        self.looks = frozenset(id(part) for part in looked_at)
        self.done_by = frozenset(id(self._deciding(done)) for done in dones)
        self.items = items
        self.counting = frozenset(id(part) for done in dones for part in descendants(done))

    def slips(self) -> Iterator[Miscount]:
        graph = self.module.graph(self.function)
        joins = list(_calls_on(self.module, self.queue, "join"))
        if graph is None:
            return
        plain = explore(graph, _NOTHING, self._step, self.module.conditions)
        if not plain.complete:
            return
        yield from self._twice(plain)
        if isinstance(self.queue, str) or joins:
            join = joins[0] if joins else None
            found: dict[int, Miscount] = {}
            for slip, (take, _, tested) in self._open(plain):
                if slip is Slip.LAST and tested and (joins or self._is_in_sight()) and not self._waits_for_last(joins):
                    continue
                if slip is not Slip.FAILED:
                    found.setdefault(take, Miscount(slip, self.takes[take], self.dones[0], join))
            if joins and (self.function.is_async or self.module.runners.roots(self.function)):
                # Elsewhere an exception reaches whoever waits, instead of leaving him to wait.
                for miscount in self._failing(plain, join):
                    found.setdefault(id(miscount.take.node), miscount)
            yield from found.values()

    def _failing(self, plain: Exploration, join: cst.Call | None) -> Iterator[Miscount]:
        may_raise = self._may_raise
        failing = explore(plain.graph, _NOTHING, self._step, self.module.conditions, may_raise=may_raise)
        if not failing.complete:
            return
        usual = {state for slip, state in self._open(plain) if slip is not Slip.FAILED}
        for take in dict.fromkeys(state[0] for _, state in self._open(failing) if state not in usual):
            yield Miscount(Slip.FAILED, self.takes[take], self.dones[0], join, self._culprit(failing, take))

    def _step(self, op: Op, state: State) -> list[tuple[State, tuple[tuple[str, bool], ...]]] | None:
        account: _Account = state  # type: ignore[assignment]
        taken, done, tested = account
        key = id(op.node)
        if key in self.takes and op.kind in (OpKind.CALL, OpKind.AWAIT, OpKind.BIND):
            return [((key, False, key in self.looks), ())]
        if taken and key in self.done_by and op.kind in (OpKind.CALL, OpKind.LOAD):
            return [((taken, True, tested), ())]
        if taken and op.kind is OpKind.LOAD and key in self.looks and _is_name_of(op.node, self.items):
            return [((taken, done, True), ())]
        return None

    def _open(self, exploration: Exploration) -> list[tuple[Slip, _Account]]:
        """Return the items that are not counted when the next one is taken, or when the function ends."""
        found: list[tuple[Slip, _Account]] = []

        def note(slip: Slip, states: Mapping[State, Facts]) -> None:
            found.extend((slip, state) for state in states if state[0] and not state[1])  # type: ignore[index,misc]

        def see(op: Op, states: Mapping[State, Facts]) -> None:
            if id(op.node) in self.takes and op.kind in (OpKind.CALL, OpKind.AWAIT, OpKind.BIND):
                note(Slip.NEXT, states)

        exploration.visit(see)
        note(Slip.LAST, exploration.ends(exploration.graph.returned))
        note(Slip.FAILED, exploration.ends(exploration.graph.raised))
        return found

    def _twice(self, plain: Exploration) -> Iterator[Miscount]:
        found: dict[int, Miscount] = {}

        def see(op: Op, states: Mapping[State, Facts]) -> None:
            if op.kind is OpKind.CALL and id(op.node) in self.done_by and isinstance(op.node, cst.Call):
                for state in states:
                    if state[0] and state[1]:  # type: ignore[index]
                        take = self.takes[state[0]]  # type: ignore[index]
                        found.setdefault(id(op.node), Miscount(Slip.TWICE, take, op.node, None))

        plain.visit(see)
        yield from found.values()

    def _deciding(self, done: cst.Call) -> cst.CSTNode:
        """Return the step that settles that an item is counted: of `if queue_counts: queue.task_done()` the test."""
        line = line_of(self.module, done)
        block = self.module.tree.parent(line) if line is not None else None
        around = self.module.tree.parent(block) if block is not None else None
        if isinstance(around, cst.If) and around.orelse is None and len(around.body.body) == 1:
            if id(around.test) not in {id(test) for test in self.tests}:
                return next((part for part in descendants(around.test) if isinstance(part, cst.Name)), done)
        return done

    def _is_in_sight(self) -> bool:
        """Tell a function inside another one, which nobody from elsewhere gives a queue to."""
        around = self.function.scope.parent
        return around is not None and around.is_callable

    def _waits_for_last(self, joins: list[cst.Call]) -> bool:
        """Tell whether somebody puts what ends the consumer and then waits until all is counted, that included."""
        ends = {self.module.code(node) for test in self.tests for node in _compared(test, self.items)} | {"None"}
        putting: list[Function | None] = []
        for put in (*_calls_on(self.module, self.queue, "put"), *_calls_on(self.module, self.queue, "put_nowait")):
            if put.args and self.module.code(put.args[0].value) in ends:
                putting.append(self.module.function_at(put))
                if self._is_followed_by(put, joins):
                    return True
        calls = (call for scope in self.module.scopes for call in scope.calls)
        return any(self._is_followed_by(call, joins) for call in calls if self.module.called_function(call) in putting)

    def _is_followed_by(self, call: cst.Call, joins: list[cst.Call]) -> bool:
        function = self.module.function_at(call)
        graph = self.module.graph(function) if function is not None else None
        if graph is None:
            return False
        return any(op.node in joins for op in after(graph, call, lambda _: False) if op.kind is OpKind.CALL)

    def _may_raise(self, op: Op) -> bool:
        if id(op.node) in self.counting:
            return False
        if op.kind is OpKind.AWAIT and isinstance(op.node, cst.With):
            return not all(self._is_lock(item.item) for item in op.node.items)
        call = op.node.expression if isinstance(op.node, cst.Await) else op.node
        if isinstance(call, cst.Call):
            called = self.module.called_function(call)
            if self.module.symbol(call.func) in _PAUSES or (called is not None and catches_all(self.module, called)):
                return False
        return self.module.may_raise(op)

    def _is_lock(self, manager: cst.BaseExpression) -> bool:
        """Tell a lock; a consumer that is cancelled while it waits for one is gone with all its items."""
        named = manager.attr.value if isinstance(manager, cst.Attribute) else dotted_name(manager)
        return self.module.locks.lock(manager) is not None or sounds_like_a_lock(named)

    def _culprit(self, failing: Exploration, take: int) -> cst.CSTNode | None:
        found: list[cst.CSTNode] = []

        def see(op: Op, states: Mapping[State, Facts]) -> None:
            if any(state[:2] == (take, False) for state in states) and self._may_raise(op):  # type: ignore[index]
                if isinstance(op.node, (cst.Call, cst.Subscript)):
                    found.append(op.node)

        failing.visit(see)
        return found[0] if found else None


def finally_instead(module: ModuleModel, miscount: Miscount) -> Remedy | None:
    """Return the change that counts an item whatever comes of it, where taking and counting stand in one block."""
    taken, done = module.statement_of(miscount.take.call), line_of(module, miscount.done)
    first = module.tree.parent(taken) if taken is not None else None
    block = module.tree.parent(done) if done is not None else None
    if miscount.slip is Slip.TWICE or done is None or block is None or module.tree.parent(first or done) is not block:
        return None
    body = list(block.body)  # type: ignore[attr-defined]
    if first not in body or len(first.body) != 1:  # type: ignore[union-attr]
        return None
    between = body[body.index(first) + 1 : body.index(done)]
    text = one_deeper(module, between)
    torn = [line for line in (*done.leading_lines, *(between[0].leading_lines if between else ())) if line.comment]
    if text is None or torn:
        return None
    newline, outer = module.tree.module.default_newline, indentation(module, done)
    last = f"{outer}finally:{newline}{outer}{module.tree.module.default_indent}{module.code(miscount.done)}"
    change = Change(between[0], f"try:{newline}{text}{newline}{last}", done)
    return Remedy("count the item in a 'finally'", (change,), safe=True)


def _calls_on(module: ModuleModel, queue: object, method: str) -> Iterator[cst.Call]:
    for scope in module.scopes:
        for call in scope.calls:
            func = call.func
            if isinstance(func, cst.Attribute) and func.attr.value == method and queue_identity(module, func.value) == queue:
                yield call


def _is_name_of(node: cst.CSTNode, names: frozenset[str]) -> bool:
    return isinstance(node, cst.Name) and node.value in names


def _compared(test: cst.BaseExpression, items: frozenset[str]) -> Iterator[cst.BaseExpression]:
    """Yield what a test compares an item with."""
    for part in descendants(test):
        if isinstance(part, cst.Comparison) and len(part.comparisons) == 1:
            sides = [part.left, part.comparisons[0].comparator]
            yield from (side for side in sides if not any(_is_name_of(inner, items) for inner in descendants(side)))
