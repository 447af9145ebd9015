"""Constructors that start a thread on their object before they have given it all that the thread asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive, Where
from conclint.model.dispatch import Dispatch
from conclint.model.first_reads import FirstReads
from conclint.model.graph import Op, OpKind
from conclint.model.paths import explore
from conclint.model.values import ClassValue, FunctionValue, Partial, Super
from conclint.syntax import BindingKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Class, Function
    from conclint.model.events import Handover
    from conclint.model.module import ModuleModel
    from conclint.model.paths import State, Step

_OPEN, _GIVEN = 0, 1
"""The attribute is not there yet and no thread runs; it has been given. Else: the call that has started the thread."""
_MADE = (Primitive.THREAD, Primitive.PROCESS)


class EarlyStart(msgspec.Struct, frozen=True):
    """In a constructor of `cls`, `start` makes a thread run `code`, which reads `attribute` at `read`.

    The attribute is only given to the object afterwards, at `store`.
    """

    cls: Class
    start: cst.Call
    code: Function
    attribute: str
    read: cst.CSTNode
    store: cst.CSTNode


def early_starts(module: ModuleModel) -> Iterator[EarlyStart]:
    """Yield the starts of threads in constructors that come too early, once for each start and class."""
    told: set[tuple[int, int]] = set()
    for cls in module.classes:
        for found in _Construction(module, cls).early_starts():
            key = id(found.start), id(found.store)
            if key not in told:
                told.add(key)
                yield found


class _Construction:
    """The making of an object of one class, followed through its constructors and the methods that they call."""

    def __init__(self, module: ModuleModel, cls: Class) -> None:
        self._module = module
        self._dispatch = Dispatch(module, cls)
        self._cls = cls
        self._events = {id(event.node): event for event in module.events_of("start")}
        self._handovers = {id(handover.call): handover for handover in module.handovers}

    def early_starts(self) -> Iterator[EarlyStart]:
        init = self._dispatch.method("__init__")
        if init is None or self._dispatch.method("__new__") is not None:
            return
        told: set[int] = set()
        for code, in_process in self._codes(init):
            reads = FirstReads(self._module, self._dispatch, to_the_end=in_process)
            reads.follow(code)
            for attribute, read in reads.reads.items():
                if attribute in reads.stored or not self._is_given_by_methods(attribute):
                    continue
                attempt = _Attempt(self, code, attribute)
                attempt.run(init, _OPEN)
                for start, store in attempt.found:
                    if id(start) not in told:
                        told.add(id(start))
                        yield EarlyStart(self._cls, start, code, attribute, read, store)

    def _is_given_by_methods(self, attribute: str) -> bool:
        """Tell an attribute that objects have from their constructor alone, not from a class."""
        return not any(
            binding.kind is not BindingKind.DECLARE
            for entry in self._dispatch.lineage
            if isinstance(entry, ClassValue)
            for binding in entry.cls.scope.bindings.get(attribute, ())
        )

    def _codes(self, init: Function) -> Iterator[tuple[Function, bool]]:
        """Yield what the threads run that the constructor may start, and whether a child process does."""
        seen: set[int] = set()
        pending, codes = [init], set()
        while pending:
            function = pending.pop()
            if id(function) in seen:
                continue
            seen.add(id(function))
            for scope in function.scope.walk():
                for call in scope.calls if scope.execution is function.scope else ():
                    pending.extend(self.called(call))
                    started = self.started(call)
                    if started is not None and id(started[0]) not in codes:
                        codes.add(id(started[0]))
                        yield started

    def called(self, call: cst.Call) -> list[Function]:
        """Return the methods of this module that a call runs on the object."""
        return list(self._dispatch.called(call))

    def started(self, call: cst.Call) -> tuple[Function, bool] | None:
        """Return the code on this object that a call makes a new thread or process run, and whether it is a process."""
        handover = self._handovers.get(id(call))
        if handover is not None and handover.made is None and handover.where in (Where.THREAD, Where.WORKER):
            if handover.runs.each is None and not handover.runs.initializer and not self._is_of_process(handover):
                return self._code(handover.target.value, in_process=False)
        if self._starts_itself(call):
            run, base = self._dispatch.method("run"), self._module.resolver.library_base(self._cls)
            return (run, base is not None and base[1].kind is Primitive.PROCESS) if run is not None else None
        event = self._events.get(id(call))
        for instance in event.instances if event is not None and event.kind in _MADE else ():
            made = self._handovers.get(id(instance.site.call)) if instance.site is not None else None
            if made is not None:
                return self._code(made.target.value, in_process=event is not None and event.kind is Primitive.PROCESS)
        return None

    def _is_of_process(self, handover: Handover) -> bool:
        facts = handover.receiver.facts if handover.receiver is not None else None
        return facts is not None and facts.domain.value != "thread"

    def _starts_itself(self, call: cst.Call) -> bool:
        """Tell `self.start()`, or the `super().start()` of a `start` of its own, of a thread or process class."""
        base = self._module.resolver.library_base(self._cls)
        if base is None or base[1].kind not in _MADE or not isinstance(call.func, cst.Attribute):
            return False
        if call.func.attr.value != "start":
            return False
        if self._dispatch.is_object(call.func.value):
            return self._dispatch.method("start") is None
        return isinstance(self._module.values(call.func.value)[0], Super) and not self.called(call)

    def _code(self, target: cst.BaseExpression, *, in_process: bool) -> tuple[Function, bool] | None:
        """Return the function that a target stands for on this object: an override wins over what the base names."""
        name = self._dispatch.attribute(target)
        if name is not None and (method := self._dispatch.method(name)) is not None:
            return method, in_process
        values = self._module.values(target)
        value = values[0].target if isinstance(values[0], Partial) else values[0]
        if len(values) == 1 and isinstance(value, FunctionValue) and self._dispatch.knows_object(value.function):
            return value.function, in_process
        return None

    def gives_anything(self, call: cst.Call) -> bool:
        """Tell whether a call may give the object any attribute: the constructor of an unknown base, `setattr`."""
        func = call.func
        if isinstance(func, cst.Attribute) and func.attr.value == "__init__" and not self.called(call):
            base = self._module.resolver.hierarchy
            return not all(map(base.is_known, self._dispatch.lineage))
        if self._module.symbol(func) == "builtins.setattr":
            return bool(call.args) and self._dispatch.is_object(call.args[0].value)
        return isinstance(func, cst.Attribute) and self._is_table(func.value)

    def _is_table(self, node: cst.BaseExpression) -> bool:
        if isinstance(node, cst.Call):
            vars_of = self._module.symbol(node.func) == "builtins.vars"
            return vars_of and bool(node.args) and self._dispatch.is_object(node.args[0].value)
        return self._dispatch.attribute(node) == "__dict__"

    def attribute(self, node: cst.CSTNode) -> str | None:
        """Return the name of an attribute of the object."""
        return self._dispatch.attribute(node)

    def explore_from(self, function: Function, state: State, step: Step) -> frozenset[State] | None:
        """Return the states in which a method returns, None when it can't be followed."""
        graph = self._module.graph(function)
        if graph is None or function.is_async or function.is_generator:
            return None
        exploration = explore(graph, state, step, self._module.conditions)
        return frozenset(exploration.ends(graph.returned)) if exploration.complete else None


class _Attempt:
    """One attribute and one piece of code: is the attribute given only when the code runs already?"""

    def __init__(self, construction: _Construction, code: Function, attribute: str) -> None:
        self._construction = construction
        self._code = code
        self._attribute = attribute
        self._ends: dict[tuple[int, int], frozenset[State]] = {}
        self._starts: dict[int, cst.Call] = {}
        self.found: list[tuple[cst.Call, cst.CSTNode]] = []

    def run(self, function: Function, state: State) -> frozenset[State]:
        """Follow a method and return the states it may end in."""
        key = id(function), hash(state)
        if key not in self._ends:
            self._ends[key] = frozenset([state])
            ends = self._construction.explore_from(function, state, self._step)
            self._ends[key] = ends if ends is not None else frozenset([_GIVEN])
        return self._ends[key]

    def _step(self, op: Op, state: State) -> list[tuple[State, tuple[tuple[str, bool], ...]]] | None:
        if state == _GIVEN:
            return None
        node = op.node
        if op.kind is OpKind.STORE and self._construction.attribute(node) == self._attribute:
            if state != _OPEN:
                assert isinstance(state, int)
                self.found.append((self._starts[state], node))
            return [(_GIVEN, ())]
        if op.kind is not OpKind.CALL or not isinstance(node, cst.Call):
            return None
        if state == _OPEN and self._construction.gives_anything(node):
            return [(_GIVEN, ())]
        started = self._construction.started(node)
        if started is not None and started[0] is self._code:
            return [(self._running(node, state), ())]
        called = self._construction.called(node)
        if not called:
            return None
        ends = {end for function in called for end in self.run(function, state)}
        return [(end if end in (_OPEN, _GIVEN) else self._running(node, state), ()) for end in ends]

    def _running(self, call: cst.Call, before: State) -> State:
        """Return the state in which the thread runs, started by this call unless it was running before."""
        if before != _OPEN:
            return before
        self._starts[id(call)] = call
        return id(call)
