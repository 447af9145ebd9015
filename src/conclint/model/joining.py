"""Threads that wait for their own end: `join` refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Primitive, Where
from conclint.model.calls import Receiver, calls_of
from conclint.model.events import primitives_of
from conclint.model.expecting import is_expected
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from conclint.model.definitions import Function
    from conclint.model.events import Event, Root
    from conclint.model.module import ModuleModel

_JOINED = (Primitive.THREAD, Primitive.PROCESS, Primitive.TIMER)
_OWN = ("threading.current_thread", "multiprocessing.current_process")
_ASKS_WHO_RUNS = frozenset(
    {"current_thread", "currentThread", "get_ident", "get_native_id", "ident", "native_id", "main_thread"}
    | {"current_process", "getpid", "pid"}
)
_FARTHEST = 6


class SelfJoin(msgspec.Struct, frozen=True):
    """A join of the thread that runs it. `path` are the calls that lead to it from where the thread begins."""

    event: Event
    exception: str
    path: tuple[cst.CSTNode, ...] = ()


def joins_itself(module: ModuleModel) -> Iterator[SelfJoin]:
    """Yield the joins that a thread or process does on itself, as far as nothing asks before who is running."""
    joins: dict[int, list[Event]] = {}
    for event in module.events_of("join", *_JOINED):
        if isinstance(event.object, cst.Call) and module.symbol(event.object.func) in _OWN:
            yield from _raising(module, event, ())
        elif (function := module.function_at(event.node)) is not None:
            joins.setdefault(id(function), []).append(event)
    seen: set[int] = set()
    for root in module.roots if joins else ():
        if root.where not in (Where.THREAD, Where.PROCESS) or (root.site is None and root.receiver is None):
            continue
        for function, path in _reached(module, root):
            for event in joins.get(id(function), ()):
                if id(event.node) not in seen and _is_of_root(module, root, function, event):
                    seen.add(id(event.node))
                    yield from _raising(module, event, path)


def _raising(module: ModuleModel, event: Event, path: tuple[cst.CSTNode, ...]) -> Iterator[SelfJoin]:
    process = any(one.facts is not None and one.facts.domain is Domain.PROCESS for one in event.instances)
    exception = "AssertionError" if process else "RuntimeError"
    if not is_expected(module, event.node, exception):
        yield SelfJoin(event, exception, path)


def _reached(module: ModuleModel, root: Root) -> Iterator[tuple[Function, tuple[cst.CSTNode, ...]]]:
    """Yield the functions that a thread runs, with the calls that lead there: on one and the same `self`."""
    pending: list[tuple[Function, tuple[cst.CSTNode, ...]]] = [(root.function, ())]
    seen: set[int] = set()
    while pending:
        function, path = pending.pop(0)
        if id(function) in seen or _mentions(function.node, _ASKS_WHO_RUNS):
            continue
        seen.add(id(function))
        yield function, path
        for call in calls_of(module, function) if len(path) < _FARTHEST else ():
            called = call.functions[0] if len(call.functions) == 1 else None
            if called is None or call.receiver not in (Receiver.SELF, Receiver.NONE) or module.entries.may_be_wrapped(called):
                continue  # a decorator may hand it to another thread: `@mainthread`
            if not called.is_async and not called.is_generator:
                pending.append((called, (*path, call.node)))


def _is_of_root(module: ModuleModel, root: Root, function: Function, event: Event) -> bool:
    """Tell whether what is joined is the thread that runs this: itself, or the one in the attribute that began it."""
    joined, receiver = event.object, function.receiver_name
    if _depends_on_parameter(module, function, event):
        return False
    if root.site is None:
        return isinstance(joined, cst.Name) and joined.value == receiver
    sites = {id(one.site.call) for one in primitives_of(module.values(joined)) if one.site is not None}
    if sites != {id(root.site)}:
        return False
    if isinstance(joined, cst.Attribute):
        own = isinstance(joined.value, cst.Name) and joined.value.value == receiver
        return own and root.receiver is not None
    return isinstance(joined, cst.Name) and not root.many


def _depends_on_parameter(module: ModuleModel, function: Function, event: Event) -> bool:
    """Tell whether a test of a parameter decides about the join: the caller can ask for none."""
    names = {each.name.value for each in function.parameters} - {function.receiver_name}
    tests = (outer.test for outer in module.tree.ancestors(event.node) if isinstance(outer, (cst.If, cst.IfExp)))
    return any(_mentions(test, names) for test in tests)


def _mentions(node: cst.CSTNode, names: AbstractSet[str]) -> bool:
    return any(
        (part.__class__ is cst.Name and part.value in names)
        or (part.__class__ is cst.Attribute and part.attr.value in names)
        for part in descendants(node)
    )
