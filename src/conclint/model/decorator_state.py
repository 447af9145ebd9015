"""Objects that wrap functions, and what they keep on themselves while one call of such a function runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.words import Primitive
from conclint.model.circumstances import is_conditional
from conclint.model.dispatch import Dispatch
from conclint.model.flow import after, place_of, reaches
from conclint.model.given_functions import calls_given_function, calls_outer_parameter, is_parameter
from conclint.model.graph import OpKind
from conclint.model.values import Symbol
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from conclint.model.definitions import Class, Function
    from conclint.model.graph import Graph, Op
    from conclint.model.module import ModuleModel

_DECORATORS = frozenset({"contextlib.ContextDecorator", "contextlib.AsyncContextDecorator"})
_TESTING = frozenset({"test", "tests", "testing"})
_ENTRIES, _EXITS = ("__enter__", "__aenter__"), ("__exit__", "__aexit__")


class OverwrittenState(msgspec.Struct, frozen=True):
    """An attribute that a call of a wrapped function stores on the object that wraps it, and reads once the function is done.

    `wrapper` runs in place of the function; None where the library's base class has it.
    """

    attribute: str
    store: cst.CSTNode
    read: cst.CSTNode
    wrapper: Function | None


def overwritten_states(module: ModuleModel) -> Iterator[OverwrittenState]:
    """Yield what calls of the same wrapped function overwrite for each other, once for each function that stores it.

    Decorators that a package has for tests are left out: tests run one at a time.
    """
    if not _TESTING.isdisjoint(module.source.module.split(".")):
        return
    told: set[int] = set()
    wrappers = [one for one in module.functions if one.name == "__call__" or _takes_the_place(module, one)]
    for cls in module.classes:
        for found in _Wrapping(module, cls, wrappers).states():
            function = id(module.function_at(found.store))
            if function not in told:
                told.add(function)
                yield found


class _Wrapping:
    """The wrapping of functions by objects of one class."""

    def __init__(self, module: ModuleModel, cls: Class, wrappers: Sequence[Function]) -> None:
        self._module = module
        self._cls = cls
        self._wrappers = wrappers
        self._dispatch = Dispatch(module, cls)

    def states(self) -> Iterator[OverwrittenState]:
        base = self._module.resolver.hierarchy.library_base(self._cls)
        if base is not None and base[1].kind is Primitive.THREAD_LOCAL:
            return
        for wrapper, before, behind in self._wrappings():
            reads = dict(self._reads(behind))
            for name, store in self._stores(before):
                if name in reads:
                    yield OverwrittenState(name, store, reads[name], wrapper)

    def _wrappings(self) -> Iterator[tuple[Function | None, list[Op], list[Op]]]:
        """Yield the wrappers, each with the steps that lead to the call of the function and those that follow it."""
        for wrapper, call in self._calls():
            graph = self._module.graph(wrapper)
            if graph is not None and not self._module.locks.held_at(wrapper).get(id(call)):
                behind = list(after(graph, call, lambda _op: False))
                yield wrapper, list(_before(graph, call)), behind
        names = {value.name for value in self._dispatch.lineage if isinstance(value, Symbol)}
        if names & _DECORATORS and not any(map(self._dispatch.method, ("__call__", "_recreate_cm"))):
            entries, exits = self._methods(_ENTRIES), self._methods(_EXITS)
            if not any(self._module.locks.effect(entry).acquires for entry in entries):
                yield None, list(self._steps(entries)), list(self._steps(exits))

    def _calls(self) -> Iterator[tuple[Function, cst.Call]]:
        """Yield each function that runs in place of one which the object was given, and its call of that."""
        for function in self._wrappers:
            if not self._dispatch.knows_object(function):
                continue
            own = function is self._dispatch.method("__call__") and self._poses_as_function()
            if not own and not _takes_the_place(self._module, function):
                continue
            for scope in function.scopes:
                for call in scope.calls:
                    if own and calls_given_function(self._module, self._cls, call):
                        yield function, call
                    elif not own and calls_outer_parameter(self._module, call):
                        yield function, call

    def _poses_as_function(self) -> bool:
        """Tell an object that takes the name and the documentation of the function that it was given."""
        init = self._dispatch.method("__init__")
        return init is not None and any(
            self._dispatch.is_object(call.args[0].value) for call in _posing(self._module, init) if call.args
        )

    def _methods(self, names: Iterable[str]) -> list[Function]:
        return [method for name in names if (method := self._dispatch.method(name)) is not None]

    def _called(self, op: Op) -> list[Function]:
        if op.kind is OpKind.CALL and isinstance(op.node, cst.Call):
            return [function for function in self._dispatch.called(op.node) if function.cls is not None]
        if op.kind in (OpKind.ENTER, OpKind.EXIT) and isinstance(op.node, cst.WithItem):
            if self._dispatch.is_object(op.node.item):
                return self._methods(_ENTRIES if op.kind is OpKind.ENTER else _EXITS)
        return []

    def _all(self, ops: Iterable[Op]) -> Iterator[Op]:
        """Yield steps, and after each those of the methods of the object that it calls."""
        seen: set[int] = set()
        pending = list(ops)[::-1]
        while pending:
            op = pending.pop()
            yield op
            inner = [function for function in self._called(op) if id(function) not in seen]
            seen.update(map(id, inner))
            pending += list(self._steps(inner))[::-1]

    def _steps(self, functions: Iterable[Function]) -> Iterator[Op]:
        for function in functions:
            graph = self._module.graph(function)
            if graph is not None:
                yield from graph.ops()

    def _stores(self, ops: Iterable[Op]) -> Iterator[tuple[str, cst.CSTNode]]:
        """Yield the attributes that are given a value of this very call, whatever they hold."""
        for op in self._all(ops):
            name = self._dispatch.attribute(op.node) if op.kind is OpKind.STORE else None
            if name is not None and self._differs(op.extra) and not is_conditional(self._module, op.node):
                yield name, op.node

    def _reads(self, ops: Iterable[Op]) -> Iterator[tuple[str, cst.CSTNode]]:
        """Yield the attributes whose value is asked for before it is replaced, each where it first is."""
        known: set[str] = set()
        for op in self._all(ops):
            name = self._dispatch.attribute(op.node) if op.kind in (OpKind.LOAD, OpKind.STORE) else None
            if name is not None and name not in known:
                known.add(name)
                if op.kind is OpKind.LOAD:
                    yield name, op.node

    def _differs(self, value: cst.CSTNode | None) -> bool:
        """Tell whether two calls may give different values: something is called, or comes from the caller."""
        if value is None:
            return False
        return any(
            isinstance(part, cst.Call)
            or (
                isinstance(part, cst.Name)
                and is_parameter(self._module, part)
                and not self._dispatch.is_object(part)
                and self._module.tree.scope_of(part).owner(part.value) is self._module.tree.scope_of(part)
            )
            for part in descendants(value)
        )


def _takes_the_place(module: ModuleModel, function: Function) -> bool:
    """Tell what is made to replace the function that it calls: a decorator returns it, under that one's name."""
    outer = module.function_of(function.scope.parent) if function.scope.parent is not None else None
    if outer is None or function.cls is not None or not isinstance(function.node, cst.FunctionDef):
        return False
    returned = any(
        isinstance(part, cst.Name) and part.value == function.name
        for given in outer.returns
        for part in descendants(given)
    )
    return returned and (
        outer.name == "__call__" or function.has_decorator("wraps") or any(_posing(module, outer))
    )


def _posing(module: ModuleModel, function: Function) -> Iterator[cst.Call]:
    return (call for call in function.scope.calls if module.symbol(call.func) == "functools.update_wrapper")


def _before(graph: Graph, call: cst.Call) -> Iterator[Op]:
    """Yield the steps from which a call may be reached."""
    place = place_of(graph, call)
    for block in graph.blocks:
        if place is not None and block is place[0]:
            yield from block.ops[: place[1] - 1]
        if reaches(block, call):
            yield from block.ops
