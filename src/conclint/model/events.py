"""What happens to primitives, and what is handed over to run elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Parameter, Primitive, Where
from conclint.model.arguments import argument, has_star, rest_arguments
from conclint.model.lanes import domain_of, is_awaited, is_many, lane_of
from conclint.model.settling import taker_around
from conclint.model.signatures import takes
from conclint.model.values import (
    NONE,
    UNKNOWN,
    ClassValue,
    FunctionValue,
    Instance,
    Items,
    LibraryMethod,
    Partial,
    Symbol,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.knowledge.schema import Method, Runs, Type
    from conclint.model.definitions import Class, Function
    from conclint.model.module import ModuleModel
    from conclint.model.values import Value, Values


class Event(msgspec.Struct, frozen=True):
    """Something that happens to an object: `word` is start, join, acquire, daemon, ...

    `node` is the call, or the target of the assignment that it is. `method` is the method's name as written.
    """

    word: str
    node: cst.CSTNode
    object: cst.BaseExpression
    instances: tuple[Instance, ...]
    method: str = ""
    facts: Method | None = None

    @property
    def kind(self) -> Primitive | None:
        """The kind of primitive it happens to."""
        for instance in self.instances:
            if instance.facts is not None:
                return instance.facts.kind
        return None

    @property
    def domain(self) -> Domain | None:
        """Between whom the object works."""
        for instance in self.instances:
            if instance.facts is not None:
                return instance.facts.domain
        return None


class Handover(msgspec.Struct, frozen=True):
    """A call that gives a callable to somebody else to run.

    `type_name` is the class that the call creates (`threading.Thread`) or whose method it is; `receiver` the object
    whose method it is, if any.
    """

    call: cst.Call
    runs: Runs
    target: cst.Arg
    type_name: str
    receiver: Instance | None = None
    made: Type | None = None
    bound: cst.Call | None = None
    """The `partial` that gives some of the arguments for this call."""

    @property
    def where(self) -> Where:
        """Where the callable will run."""
        return self.runs.where

    @property
    def arguments(self) -> cst.Arg | None:
        """The argument that holds the callable's own positional arguments as one tuple, if it is given so."""
        if self.runs.args is None or self.runs.args.rest:
            return None
        return argument(self.call, self.runs.args)

    @property
    def keyword_arguments(self) -> cst.Arg | None:
        """The argument that holds the callable's own keyword arguments as one dict, if it is given so."""
        if self.runs.kwargs is None or self.runs.kwargs.rest:
            return None
        return argument(self.call, self.runs.kwargs)

    @property
    def loose_arguments(self) -> list[cst.Arg]:
        """The callable's own arguments where they simply follow it: `submit(f, 1, x=2)`."""
        found: list[cst.Arg] = []
        for parameter in (self.runs.args, self.runs.kwargs):
            if parameter is not None and parameter.rest:
                found.extend(rest_arguments(self.call, parameter))
        return found


class Root(msgspec.Struct, frozen=True):
    """A function of this module that runs in a thread, process or elsewhere, and the code that brings it there.

    `many` tells that several may run at once because of this root alone.
    """

    function: Function
    where: Where
    domain: Domain
    node: cst.CSTNode
    many: bool
    receiver: Class | None = None
    site: cst.Call | None = None
    lane: str = ""
    """Roots with the same lane share the one worker of an executor, so they never run at the same time."""
    awaited: bool = False
    """The coroutine that hands it over waits for it on the spot."""


def find_events(module: ModuleModel) -> Iterator[Event]:
    """Yield what happens to primitives in a module, in source order of each scope."""
    knowledge = module.knowledge
    for scope in module.scopes:
        for call in scope.calls:
            func = call.func
            if func.__class__ is not cst.Attribute:
                continue
            name = func.attr.value
            instances = primitives_of(module.values(func.value))
            for instance in instances:
                if instance.cls is not None and any(name in c.methods for c in module.resolver.mro(instance.cls)):
                    continue
                facts = knowledge.method(instance.type_name, name)
                if facts is not None and facts.event is not None:
                    yield Event(facts.event, call, func.value, instances, name, facts)
                    break
        for store in scope.stores:
            target = store.node
            if not isinstance(target, cst.Attribute):
                continue
            instances = primitives_of(module.values(target.value))
            for instance in instances:
                assert instance.facts is not None
                word = knowledge.attribute_event(instance.facts.kind, store.name)
                if word is not None:
                    yield Event(word, target, target.value, instances, store.name)
                    break


def primitives_of(values: Values) -> tuple[Instance, ...]:
    """Return those of some values that are primitives."""
    return tuple(value for value in values if isinstance(value, Instance) and value.facts is not None)


def is_surely_primitive(module: ModuleModel, event: Event) -> bool:
    """Tell whether what an event happens to is, as far as is known, a primitive or None and nothing else."""
    return all(
        value in (UNKNOWN, NONE) or (isinstance(value, Instance) and value.facts is not None)
        for value in module.values(event.object)
    )


_TAKERS = frozenset({Symbol, LibraryMethod, ClassValue, Partial})
"""What calls may hand a callable over to: what libraries have, and classes derived from theirs."""


def find_handovers(module: ModuleModel) -> Iterator[Handover]:
    """Yield every callable that is handed over, in source order of each scope."""
    for scope in module.scopes:
        for call in scope.calls:
            for value in module.values(call.func):
                found = list(_handed_over(module, call, value)) if value.__class__ in _TAKERS else None
                if found:
                    yield from found
                    break


def _handed_over(module: ModuleModel, call: cst.Call, called: Value) -> Iterator[Handover]:
    bound: cst.Call | None = None
    if isinstance(called, Partial):
        if any(given.keyword is None for given in called.call.args[1:]):
            return
        bound, called = called.call, called.target
    knowledge = module.knowledge
    receiver: Instance | None = None
    facts = None
    runs: tuple[Runs, ...] = ()
    if isinstance(called, Symbol):
        name = called.name
        if (facts := knowledge.type(name)) is not None:
            runs = facts.runs
        elif (function := knowledge.function(name)) is not None:
            runs = function.runs
    elif isinstance(called, LibraryMethod):
        receiver, name = called.receiver, f"{called.receiver.type_name}.{called.name}"
        method = knowledge.method(receiver.type_name, called.name)
        if method is not None:
            runs = method.runs
            if method.makes is not None and (facts := knowledge.type(method.makes)) is not None:
                name, runs = method.makes, facts.runs
    elif isinstance(called, ClassValue) and (base := _constructed(module, called.cls)) is not None:
        name, facts = base
        runs = facts.runs
    else:
        return
    for one in runs:
        target = argument(call, one.target)
        if target is None and bound is not None:
            target = argument(bound, Parameter(one.target.name))
        if target is None:
            continue
        if one.taken_by is not None and (receiver := taker_around(module, call, one.taken_by)) is None:
            continue
        yield Handover(call, one, target, name, receiver, facts, bound)


def _constructed(module: ModuleModel, cls: Class) -> tuple[str, Type] | None:
    """Return the library's type whose constructor makes the instances of `cls`, None if the class has its own."""
    resolver = module.resolver
    if not resolver.is_closed(cls) or any({"__init__", "__new__"} & c.methods.keys() for c in resolver.mro(cls)):
        return None
    return resolver.library_base(cls)


def find_roots(module: ModuleModel) -> Iterator[Root]:
    """Yield the functions of the module that run in other threads, processes, loops or handlers."""
    for handover in module.handovers:
        domain = domain_of(handover)
        lane = lane_of(module, handover)
        many = not lane and is_many(module, handover)
        awaited = is_awaited(module, handover)
        for function, receiver in functions_of(module.values(handover.target.value)):
            if handover.where is not Where.CALLER:
                target, call = handover.target, handover.call
                yield Root(function, handover.where, domain, target, many, receiver, call, lane, awaited)
    for cls in module.classes:
        base = module.resolver.library_base(cls)
        if base is not None:
            yield from _overridden(module, cls, base[0], base[1])
        for value in module.resolver.bases(cls):
            if isinstance(value, Symbol) and base is None:
                yield from _framework(module, cls, value.name)
    yield from _decorated(module)


def _overridden(module: ModuleModel, cls: Class, name: str, facts: Type) -> Iterator[Root]:
    run = cls.methods.get("run")
    if facts.kind in (Primitive.THREAD, Primitive.PROCESS, Primitive.TIMER) and run is not None:
        where = Where.PROCESS if facts.kind is Primitive.PROCESS else Where.THREAD
        sites = [site for site in module.sites if site.cls is not None and cls in module.resolver.mro(site.cls)]
        many = len(sites) > 1 or any(module.repeats(site.call) for site in sites)
        yield Root(run, where, facts.domain, cls.node, many, cls)
    else:
        yield from _framework(module, cls, name)


def _framework(module: ModuleModel, cls: Class, base_name: str) -> Iterator[Root]:
    for name, method in cls.methods.items():
        override = module.knowledge.override(base_name, name)
        if override is not None and takes(module, method, override.passes):
            where = override.coroutine or override.where if method.is_async else override.where
            yield Root(method, where, override.domain, method.node, override.many, cls)


def _decorated(module: ModuleModel) -> Iterator[Root]:
    for function in module.functions:
        if function.node.__class__ is not cst.FunctionDef:
            continue
        for decorator in function.node.decorators:
            expression = decorator.decorator
            func = expression.func if expression.__class__ is cst.Call else expression
            for value in module.values(func):
                if isinstance(value, Symbol):
                    name = value.name
                elif isinstance(value, LibraryMethod):
                    name = f"{value.receiver.type_name}.{value.name}"
                else:
                    continue
                facts = module.knowledge.decorator(name)
                if facts is not None:
                    where = facts.coroutine or facts.where if function.is_async else facts.where
                    yield Root(function, where, facts.domain, decorator, facts.many)


def functions_of(values: Values) -> Iterator[tuple[Function, Class | None]]:
    """Yield the functions of this module among some values, with the class each is bound to."""
    for value in values:
        if isinstance(value, FunctionValue):
            yield value.function, value.receiver.cls if value.receiver is not None else None
        elif isinstance(value, Partial):
            yield from functions_of((value.target,))
        elif isinstance(value, Items):
            continue


def workers_of(module: ModuleModel, handover: Handover) -> tuple[Instance, ...]:
    """Return the pools or executors whose workers run what is handed over, empty where it is none that can be seen."""
    lent = argument(handover.call, handover.runs.executor)
    if lent is not None:
        return primitives_of(module.values(lent.value))
    return (handover.receiver,) if handover.receiver is not None else ()


__all__ = ["Event", "Handover", "Root", "find_events", "find_handovers", "find_roots", "has_star", "workers_of"]
