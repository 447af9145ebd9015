"""Locks that are replaced while threads may hold them, and locks that are made by whoever comes first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Primitive, Where
from conclint.model.values import UNKNOWN, Symbol
from conclint.syntax import BindingKind
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.locks import Lock
    from conclint.model.module import ModuleModel
    from conclint.syntax import Binding

_KINDS = (Primitive.LOCK, Primitive.SEMAPHORE, Primitive.CONDITION)
_NAMES = frozenset({"Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition"})
_MAKES_OBJECTS = frozenset(
    {"__init__", "__new__", "__post_init__", "__attrs_post_init__", "__setstate__", "__init_subclass__", "__set_name__",
     "__copy__", "__deepcopy__", "__reduce__", "setUp", "setUpClass", "asyncSetUp"}
)  # fmt: skip
_BEGINS = re.compile(r"_*(?:init|post_?init|setup|set_up|start|open|run|connect|create|make|new|reinit)(?:_|$|[A-Z])|\w*_init$")
_OF_ANOTHER_PROCESS = re.compile(r"fork|getpid|pickl|child|inherit|unshare", re.IGNORECASE)
_STARTS = frozenset({"start"})


class ReboundLock(msgspec.Struct, frozen=True):
    """A lock that `function` makes at `node` for others who take it.

    `first` is where it was made before; None where nothing makes it before: then whoever comes first does, and two may.
    """

    node: cst.CSTNode
    lock: Lock
    function: Function
    first: cst.CSTNode | None
    taken: cst.CSTNode


def rebound_locks(module: ModuleModel) -> Iterator[ReboundLock]:
    """Yield the places that put a new lock where other code takes one.

    Left alone are constructors and what only they call, unpickling, handlers of a fork, functions that begin something
    or start threads, and what happens under another lock. A coroutine's locks are made between two awaits.
    """
    taken = _taken(module)
    if not taken:
        return
    for bindings in _variables(module):
        made = [(binding, lock) for binding in bindings if (lock := _made(module, binding)) is not None]
        for binding, lock in made:
            function = module.function_of(binding.scope)
            place = taken.get(lock.key)
            if function is None or place is None or not _is_at_risk(module, function, binding):
                continue
            before = [
                other.node
                for other, _ in made
                if other is not binding and _makes_first(module.function_of(other.scope))
            ]
            if before:
                if not _concerns_other_processes(module, function) and not _begins(module, function):
                    yield ReboundLock(binding.node, lock, function, before[0], place)
            elif _is_asked_for(module, binding):
                yield ReboundLock(binding.node, lock, function, None, place)


def _variables(module: ModuleModel) -> Iterator[list[Binding]]:
    for cls in module.classes:
        yield from cls.attributes.values()
    root = module.tree.root
    for name, bindings in root.bindings.items():
        yield [*bindings, *module.resolver.rebound_elsewhere(name, root)]


def _taken(module: ModuleModel) -> dict[str, cst.CSTNode]:
    """Return for each lock, by key, the first place that takes it, by a `with` or an `acquire`."""
    found: dict[str, cst.CSTNode] = {}
    for scope in module.scopes:
        nodes = [item.item for statement in scope.withs if not statement.asynchronous for item in statement.items]
        calls = (call.func for call in scope.calls)
        nodes += [f.value for f in calls if f.__class__ is cst.Attribute and f.attr.value == "acquire"]
        for node in nodes:
            if (lock := module.locks.lock(node)) is not None:
                found.setdefault(lock.key, node)
    return found


def _made(module: ModuleModel, binding: Binding) -> Lock | None:
    """Return the lock that a variable becomes by a binding which makes one, of threads or processes."""
    call, target = binding.value, binding.node
    if binding.kind is not BindingKind.ASSIGN or binding.path or call.__class__ is not cst.Call:
        return None
    module.values(call)
    site = module.resolver.sites.get(id(call))
    if site is not None:
        made = site.kind in _KINDS and site.domain in (Domain.THREAD, Domain.PROCESS)
    else:
        unknown = all(value is UNKNOWN or isinstance(value, Symbol) for value in module.values(call.func))
        made = unknown and dotted_name(call.func).rpartition(".")[2] in _NAMES
    return module.locks.lock(target) if made and isinstance(target, (cst.Name, cst.Attribute)) else None


def _makes_first(function: Function | None) -> bool:
    return function is None or not function.scope.is_callable or function.name in _MAKES_OBJECTS


def _is_at_risk(module: ModuleModel, function: Function, binding: Binding) -> bool:
    """Tell a function that may run while other threads use the object, and that takes no lock for it."""
    if _makes_first(function) or function.is_async or _only_for_new_objects(module, function, 3):
        return False
    held = module.locks.held_at(function).get(id(binding.node), frozenset())
    return not held and not module.entry_locks(function)


def _only_for_new_objects(module: ModuleModel, function: Function, deep: int) -> bool:
    """Tell what only constructors call, or a handler of forks: of a private function, as far as the module shows."""
    if any(root.function is function and root.where is Where.FORK for root in module.roots):
        return True
    callers = [entry.caller for entry in module.entries.at(function)] + _mentioned_in(module, function)
    if any(_concerns_other_processes(module, caller) for caller in callers):
        return True
    return (
        function.name.startswith("_")
        and bool(callers)
        and deep > 0
        and all(
            caller.name in _MAKES_OBJECTS or (caller is not function and _only_for_new_objects(module, caller, deep - 1))
            for caller in callers
        )
    )


def _mentioned_in(module: ModuleModel, function: Function) -> list[Function]:
    """Return the functions that hand a method on: `WeakMethod(self._reset)`."""
    found = []
    for scope in module.scopes:
        for node in scope.attributes if function.cls is not None else ():
            parent = module.tree.parent(node)
            called = isinstance(parent, cst.Call) and parent.func is node
            outer = module.function_of(scope)
            if node.attr.value == function.name and not called and outer is not None and not outer.is_module:
                found.append(outer)
    return found


def _concerns_other_processes(module: ModuleModel, function: Function) -> bool:
    """Tell what speaks of forks, process ids or pickling: there the threads are others', or none."""
    return not function.is_module and _OF_ANOTHER_PROCESS.search(module.code(function.node)) is not None


def _begins(module: ModuleModel, function: Function) -> bool:
    """Tell by name, or by the threads it starts, what comes before all use, once more after a stop."""
    if _BEGINS.match(function.name):
        return True
    return any(event.word in _STARTS and module.function_at(event.node) is function for event in module.events)


def _is_asked_for(module: ModuleModel, binding: Binding) -> bool:
    """Tell a binding in the branch of a test whether there is a lock already, or in the handler for there being none."""
    name = dotted_name(binding.node)
    for inner, outer in module.tree.outwards(binding.node):
        if isinstance(outer, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            return False
        if isinstance(outer, cst.If) and inner is not outer.test and _mentions(outer.test, name):
            return True
        if isinstance(outer, cst.Try) and isinstance(inner, cst.ExceptHandler):
            lacking = inner.type is not None and dotted_name(inner.type) in ("AttributeError", "NameError", "KeyError")
            if lacking and _mentions(outer.body, name):
                return True
    return False


def _mentions(node: cst.CSTNode, name: str) -> bool:
    last = name.rpartition(".")[2]
    return any(
        dotted_name(part) == name or (isinstance(part, cst.SimpleString) and part.raw_value == last)
        for part in descendants(node)
    )
