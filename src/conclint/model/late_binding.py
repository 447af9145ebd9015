"""Closures that run elsewhere and read a variable which the loop that handed them over has bound again by then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.draft import Change, Remedy
from conclint.knowledge.schema import Domain, Primitive, Where
from conclint.model.blocking import blocks, is_quick
from conclint.model.called_targets import named_instead
from conclint.model.events import primitives_of
from conclint.model.graph import Op, OpKind
from conclint.model.lanes import domain_of
from conclint.model.paths import explore
from conclint.model.values import UNKNOWN, Constant, FunctionValue
from conclint.syntax import BindingKind
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.events import Handover
    from conclint.model.module import ModuleModel
    from conclint.model.paths import State
    from conclint.syntax import Binding, Scope

_MEETING = frozenset({"thread", "process", "queue", "event", "future"})
_DEEPEST = 2
_SOUNDS_LIKE_WAITING = frozenset({"join", "result", "wait", "shutdown", "gather"})


class LateBinding(msgspec.Struct, frozen=True):
    """What is handed over reads `name` when it runs; by then the loop may have bound it anew, at `again`."""

    handover: Handover
    function: Function
    name: str
    again: cst.CSTNode

    @property
    def is_lambda(self) -> bool:
        """It has no name."""
        return isinstance(self.function.node, cst.Lambda)


def late_bindings(module: ModuleModel) -> Iterator[LateBinding]:
    """Yield the lambdas and nested functions that see a later round of the loop that hands them over.

    A loop that waits, in the same round, for what it handed over is left alone, and so is a variable that the
    loop does not bind before it hands the closure over.
    """
    for handover in module.handovers:
        runs = handover.runs
        if runs.coroutine or runs.methods or runs.each is not None or handover.where is Where.CALLER:
            continue
        if handover.where is Where.WORKER and domain_of(handover) is Domain.PROCESS:
            continue  # it does not even get there
        if not module.repeats(handover.call) or blocks(module, handover.call) is not None:
            continue
        values = module.values(handover.target.value)
        function = values[0].function if isinstance(values[0], FunctionValue) else None
        if len(values) != 1 or function is None:
            continue
        found = _first_late(module, handover, function)
        if found is not None:
            name, binding = found
            yield LateBinding(handover, function, name, binding.node)


def _first_late(module: ModuleModel, handover: Handover, function: Function) -> tuple[str, Binding] | None:
    tried: set[str] = set()
    for name, owner in _read_from_outside(module, handover, function):
        if name not in tried:
            tried.add(name)
            binding = _Round(module, handover, owner.bindings[name]).bound_again()
            if binding is not None:
                return name, binding
    return None


def _read_from_outside(module: ModuleModel, handover: Handover, function: Function) -> Iterator[tuple[str, Scope]]:
    """Yield the variables of the code that hands the closure over which the closure reads, with their scopes."""
    around = module.tree.scope_of(handover.call)
    own = list(function.scope.walk())
    if any(scope is around for scope in own):
        return  # a function that hands itself over
    scopes = [around]
    while scopes[-1] is not around.execution and scopes[-1].parent is not None:
        scopes.append(scopes[-1].parent)
    for inner in own:
        for use in inner.names:
            owner = inner.owner(use.value)
            if any(owner is scope for scope in scopes) and owner is not None:
                yield use.value, owner


class _Round:
    """One round of a loop, from the hand-over of a closure to where a variable that it reads is bound again."""

    def __init__(self, module: ModuleModel, handover: Handover, bindings: list[Binding]) -> None:
        self._module = module
        self._handover = handover
        self._function = module.function_at(handover.call)
        self._bindings = {id(binding.node): binding for binding in bindings if self._comes_before(binding)}
        self._sources = {id(part) for b in bindings if b.value is not None for part in descendants(b.value)}
        self._handles = self._names_of_handle()
        self._again: Binding | None = None

    def bound_again(self) -> Binding | None:
        """Return the binding whose value the closure was meant to see, if it may be executed again before that."""
        graph = self._module.graph(self._function) if self._function is not None else None
        if graph is None or not any(id(op.node) in self._bindings for op in graph.ops() if op.kind is OpKind.BIND):
            return None
        exploration = explore(graph, (0, False), self._step, self._module.conditions)
        return self._again if exploration.complete else None

    def _comes_before(self, binding: Binding) -> bool:
        """Tell whether a binding stands before the hand-over, which then means the value of the same round."""
        if binding.kind is BindingKind.ITERATE:
            return True
        assert self._function is not None
        nodes = descendants(self._function.node)
        first = next(node for node in nodes if node is binding.node or node is self._handover.call)
        return first is binding.node

    def _step(self, op: Op, state: State) -> list[tuple[State, tuple[tuple[str, bool], ...]]] | None:
        assert isinstance(state, tuple)
        latest, running = state
        if op.kind is OpKind.BIND and id(op.node) in self._bindings:
            if running and latest == id(op.node):
                self._again = self._bindings[latest]
            return [((id(op.node), False), ())]
        if op.node is self._handover.call and op.kind is OpKind.CALL:
            return [((latest, True), ())]
        if running and id(op.node) not in self._sources and self._may_end(op):
            return [((latest, False), ())]
        return None

    def _may_end(self, op: Op) -> bool:
        """Tell whether the closure may be done with after an operation: that waits for it, or for something unknown."""
        node = op.node
        if op.kind is OpKind.CALL and isinstance(node, cst.Call):
            return self._waits(node)
        if op.kind is OpKind.EXIT and isinstance(node, cst.WithItem):
            return self._ends_tasks(node.item)
        if op.kind is OpKind.AWAIT and isinstance(node, cst.Await):
            return self._handover.where is Where.LOOP or self._is_awaited(node.expression)
        return False

    def _waits(self, call: cst.Call, depth: int = 0) -> bool:
        stated = blocks(self._module, call)
        if stated is not None:
            return stated.on in _MEETING
        func = call.func
        name = func.attr.value if isinstance(func, cst.Attribute) else dotted_name(func)
        if name == "start" and domain_of(self._handover) is Domain.PROCESS:
            return True  # the child has a copy of everything
        called = self._module.called_function(call)
        if called is not None:
            return depth < _DEEPEST and any(self._waits(inner, depth + 1) for inner in called.scope.calls)
        if self._mentions_handle(call) and not is_quick(self._module, call):
            return True
        if isinstance(func, cst.Attribute) and all(isinstance(of, Constant) for of in self._module.values(func.value)):
            return False
        return name in _SOUNDS_LIKE_WAITING and UNKNOWN in self._module.values(func)

    def _mentions_handle(self, call: cst.Call) -> bool:
        return any(
            isinstance(part, cst.Name) and part.value in self._handles
            for given in call.args
            for part in descendants(given)
        )

    def _ends_tasks(self, manager: cst.BaseExpression) -> bool:
        """Tell a `with` that may wait for tasks at its end: of a pool, an executor, something unknown."""
        values = self._module.values(manager)
        kinds = {instance.facts.kind for instance in primitives_of(values) if instance.facts is not None}
        return bool(kinds & {Primitive.POOL, Primitive.EXECUTOR}) or not kinds

    def _is_awaited(self, expression: cst.BaseExpression) -> bool:
        parts = descendants(expression)
        if any(part is self._handover.call for part in parts):
            return True
        if isinstance(expression, cst.Call):
            facts = self._module.knowledge.function(self._module.symbol(expression.func) or "")
            waits = facts is not None and facts.consumes is not None
            return waits or any(isinstance(part, cst.Name) and part.value in self._handles for part in parts)
        return True

    def _names_of_handle(self) -> set[str]:
        parent = self._module.tree.parent(self._handover.call)
        targets = [target.target for target in parent.targets] if isinstance(parent, cst.Assign) else []
        return {target.value for target in targets if isinstance(target, cst.Name)}


def bind_now(module: ModuleModel, found: LateBinding) -> Remedy | None:
    """Return the change of `target=lambda: f(x)` to `target=f, args=(x,)`, None where the closure is more than that."""
    given = found.handover.target.value
    if not isinstance(given, cst.Lambda) or found.function.parameters or not isinstance(given.body, cst.Call):
        return None
    if not dotted_name(given.body.func):
        return None
    text = named_instead(module, found.handover, given.body)
    if text is None:
        return None
    return Remedy(f"hand '{found.name}' over with the function", (Change(found.handover.target, text),), safe=False)
