"""Calls that need a condition's lock and are made without it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Primitive, Where
from conclint.model.arguments import argument
from conclint.model.catching import is_caught
from conclint.model.events import is_surely_primitive
from conclint.model.rewriting import line_of, put_under
from conclint.model.values import UNKNOWN, ClassValue, Symbol
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conclint.draft import Remedy
    from conclint.model.definitions import Class, Function
    from conclint.model.entry_locks import Entry
    from conclint.model.events import Event
    from conclint.model.graph import Op
    from conclint.model.locks import Lock
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Facts, State
    from conclint.model.values import Value

_NEED_THE_LOCK = frozenset({"wait", "wait_for", "notify", "notify_all"})
_NOTIFY = frozenset({"notify", "notify_all"})


class Unlocked(msgspec.Struct, frozen=True):
    """A call that raises `exception` because the condition's lock is not held; `callers` come to it without the lock."""

    event: Event
    lock: Lock
    exception: str
    callers: tuple[Entry, ...] = ()


def unlocked_calls(module: ModuleModel) -> Iterator[Unlocked]:
    """Yield the waits and notifications that nobody can have taken the condition's lock for.

    Neither the function itself nor all its callers in sight hold it, its contract does not speak of it, and there
    is no sign that code which is not to be seen does.
    """
    for event in module.events:
        if event.word not in _NEED_THE_LOCK or event.kind is not Primitive.CONDITION or event.domain is Domain.HOST:
            continue
        function = module.function_at(event.node)
        lock = module.locks.lock(event.object)
        if function is None or lock is None or not event.facts or not is_surely_primitive(module, event):
            continue
        here = module.locks.held_at(function).get(id(event.node))
        if here is None:
            continue
        held = here | module.entry_locks(function) | module.entries.held_by_callers(function)
        if lock.key in held or (held and not _is_known_by_this_name(module, event, lock)):
            continue
        if _is_taken_on_some_path(module, function, lock, event.node):
            continue
        if not _may_come_with_locks(module, function, lock) and not _may_lock_unseen(module, function, event):
            raised = event.facts.raises[0] if event.facts.raises else "RuntimeError"
            yield Unlocked(event, lock, raised, tuple(module.entries.without(function, lock.key)))


def lock_around(module: ModuleModel, found: Unlocked) -> Remedy | None:
    """Return the change that puts a notification under `with condition:`, None where there is more to it.

    A wait belongs under the same `with` as the test before it. Callers that do hold a lock which can't be taken twice
    would wait for themselves.
    """
    condition = dotted_name(found.event.object)
    line = line_of(module, found.event.node)
    function = module.function_at(found.event.node)
    assert function is not None
    others = len(module.entries.at(function)) > len(found.callers)
    if found.event.word not in _NOTIFY or line is None or not condition or (others and not found.lock.reentrant):
        return None
    return put_under(module, line, condition, awaits=found.event.domain is Domain.ASYNCIO)


def _is_known_by_this_name(module: ModuleModel, event: Event, lock: Lock) -> bool:
    """Tell whether the lock can be told from others that are held: it was made, or named, where the condition was."""
    for instance in event.instances:
        if instance.site is None or instance.cls is not None or instance.facts is None:
            return False
        guard = argument(instance.site.call, instance.facts.guarded_by)
        if guard is not None:
            given = module.locks.lock(guard.value)
            if given is None or given.kind is None or given.parameter:
                return False
            continue
        parent = module.tree.parent(instance.site.call)
        targets = [one.target for one in parent.targets] if isinstance(parent, cst.Assign) else []
        targets += [parent.target] if isinstance(parent, cst.AnnAssign) else []
        if not any(module.locks.path(target) == lock.key for target in targets):
            return False
    return True


def _is_taken_on_some_path(module: ModuleModel, function: Function, lock: Lock, node: cst.CSTNode) -> bool:
    """Tell whether a test decides if the function takes the lock itself: `if sync: lock.acquire()`; who says no may have it."""
    exploration = module.locks.explored(function)
    found: list[bool] = []

    def see(op: Op, states: Mapping[State, Facts]) -> None:
        if op.node is node:
            found.extend(any(key == lock.key for key, _ in held) for held in states)  # type: ignore[attr-defined]

    if exploration is not None:
        exploration.visit(see)
    return any(found)


def _may_come_with_locks(module: ModuleModel, function: Function, lock: Lock) -> bool:
    """Tell whether somebody who is not to be seen may call a function with the lock."""
    if lock.key in module.locks.effect(function).releases:
        return True  # it gives back what its caller has taken
    if function.name in ("__exit__", "__aexit__") or module.entries.may_be_wrapped(function):
        return True
    if any(root.function is function and root.where is not Where.CALLER for root in module.roots):
        return False
    outer = module.function_of(function.scope.parent) if function.scope.parent is not None else None
    if outer is not None and lock.parameter and outer.scope.is_callable:
        # Who gave it the condition may well have taken it.
        held = module.entry_locks(outer) | module.entries.held_by_callers(outer)
        return bool(held) or _may_come_with_locks(module, outer, lock)
    if function.is_module or module.entries.is_private(function):
        return False
    is_public = function.scope.parent is not None and not function.scope.parent.is_callable
    if not is_public or (function.name.startswith("_") and not function.name.endswith("__")):
        return True
    called = bool(module.entries.at(function))
    return not called and (bool(lock.parameter) or (function.cls is not None and not _is_known(module, function.cls)))


def _is_known(module: ModuleModel, cls: Class) -> bool:
    """Tell whether a class derives from nothing but classes of this module and the standard library."""
    return all(isinstance(base, ClassValue) or _is_standard(base) for base in module.resolver.hierarchy.lineage(cls))


def _is_standard(value: Value) -> bool:
    root = value.name.partition(".")[0] if isinstance(value, Symbol) else ""
    return root == "builtins" or root in sys.stdlib_module_names


def _may_lock_unseen(module: ModuleModel, function: Function, event: Event) -> bool:
    """Tell whether code around or before a call may take the lock in a way that is not understood, or expects failure."""
    for outer in module.tree.ancestors(event.node):
        if outer is function.node:
            break
        if isinstance(outer, cst.With) and any(_is_obscure(module, item.item) for item in outer.items):
            return True
    if is_caught(module, event.node, "RuntimeError", "AssertionError"):
        return True
    by_hand = event.domain is Domain.ASYNCIO  # a lock of tasks has no owner: somebody else may have it by now
    return any(
        _sounds_like_locking(module, call) or (by_hand and _releases(call, event)) for call in function.scope.calls
    )


def _releases(call: cst.Call, event: Event) -> bool:
    released = call.func.value if isinstance(call.func, cst.Attribute) and call.func.attr.value == "release" else None
    return released is not None and dotted_name(released) == dotted_name(event.object)


def _is_obscure(module: ModuleModel, manager: cst.BaseExpression) -> bool:
    if module.locks.lock(manager) is not None:
        return False
    func = manager.func if isinstance(manager, cst.Call) else manager
    name = dotted_name(func).rpartition(".")[2]
    values = module.values(func)
    return name == "suppress" or UNKNOWN in values or any(
        isinstance(value, Symbol) and not _is_standard(value) for value in values
    )


def _sounds_like_locking(module: ModuleModel, call: cst.Call) -> bool:
    name = dotted_name(call.func).rpartition(".")[2].lower()
    if not any(word in name for word in ("acquire", "lock", "enter")) or module.called_function(call) is not None:
        return False
    return not isinstance(call.func, cst.Attribute) or module.locks.lock(call.func.value) is None
