"""What the code of a thread reads of its object before it waits for anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.blocking import blocks
from conclint.model.graph import Op, OpKind
from conclint.model.paths import explore
from conclint.model.values import UNKNOWN, LibraryMethod

if TYPE_CHECKING:
    from conclint.model.definitions import Function
    from conclint.model.dispatch import Dispatch
    from conclint.model.module import ModuleModel
    from conclint.model.paths import State

_DEEPEST = 8
# Waiting for a file or a machine lets nobody else of this program go first.
_FOR_NOBODY = frozenset({"io", "network", "files", "child", "lock"})
_SOUNDS_LIKE_WAITING = frozenset(
    {"get", "wait", "wait_for", "join", "result", "recv", "poll", "select", "accept", "sleep", "acquire"}
)


class FirstReads:
    """Collects the attributes that code reads, with where it does so first; `stored` are those it binds itself.

    `to_the_end` goes on behind waits: a child process works on a copy, for which nobody else can do anything.
    """

    def __init__(self, module: ModuleModel, dispatch: Dispatch, *, to_the_end: bool) -> None:
        self._module = module
        self._dispatch = dispatch
        self._to_the_end = to_the_end
        self._goes_on: dict[int, bool] = {}
        self._depth = 0
        self.reads: dict[str, cst.CSTNode] = {}
        self.stored: set[str] = set()

    def follow(self, function: Function) -> bool:
        """Collect what `function` reads; tell whether it may come to its end without waiting."""
        key = id(function)
        if key in self._goes_on:
            return self._goes_on[key]
        self._goes_on[key] = True
        graph = self._module.graph(function)
        if graph is None or function.is_async or function.is_generator or self._depth > _DEEPEST:
            return True
        self._depth += 1
        exploration = explore(graph, True, self._step, self._module.conditions)
        self._depth -= 1
        self._goes_on[key] = bool(exploration.ends(graph.returned))
        return self._goes_on[key]

    def _step(self, op: Op, _state: State) -> list[tuple[State, tuple[tuple[str, bool], ...]]] | None:
        node = op.node
        if op.kind is OpKind.CALL and isinstance(node, cst.Call):
            goes_on = [self.follow(function) for function in self._dispatch.called(node)]
            ends = not any(goes_on) if goes_on else self._waits(node)
            return [] if ends and not self._to_the_end else None
        target = node.target if isinstance(node, cst.AugAssign) else node
        name = self._dispatch.attribute(target)
        if name is None:
            return None
        if op.kind is OpKind.STORE:
            self.stored.add(name)
        elif op.kind in (OpKind.LOAD, OpKind.AUGMENT):
            self.reads.setdefault(name, target)
            method = self._dispatch.method(name)
            if method is not None and method.has_decorator("property", "cached_property"):
                self.follow(method)
        return None

    def _waits(self, call: cst.Call) -> bool:
        """Tell whether others may get their turn: the call waits for a queue, an event, the clock, or may do so."""
        stated = blocks(self._module, call)
        if stated is not None:
            return stated.on not in _FOR_NOBODY
        if any(self._is_waiting_method(given.value) for given in call.args):
            return True
        func = call.func
        return (
            isinstance(func, cst.Attribute)
            and func.attr.value in _SOUNDS_LIKE_WAITING
            and UNKNOWN in self._module.values(func)
        )

    def _is_waiting_method(self, node: cst.BaseExpression) -> bool:
        """Tell `queue.get` in `iter(queue.get, None)`."""
        return any(
            isinstance(value, LibraryMethod)
            and (method := self._module.knowledge.method(value.receiver.type_name, value.name)) is not None
            and method.blocks is not None
            for value in self._module.values(node)
        )
