"""Notifications that leave no trace: whoever comes to wait later has missed them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Primitive
from conclint.model.accesses import accesses
from conclint.model.calls import called_by
from conclint.model.tries import Attempt, attempt
from conclint.model.uses import uses_of
from conclint.syntax import BindingKind
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.events import Event
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site

_NOTIFY = ("notify", "notify_all", "notifyAll")
_HARMLESS = frozenset({"acquire", "release", "locked", "with", "wait", *_NOTIFY})
_CHANGES_NOTHING = frozenset(f"builtins.{name}" for name in ("print", "len", "range", "str", "repr", "format")) | {"time.sleep"}
_TESTS = (cst.If, cst.While, cst.IfExp, cst.Assert, cst.CompIf)
_GIVEN = (BindingKind.PARAMETER, BindingKind.ITERATE, BindingKind.IMPORT, BindingKind.IMPORT_FROM, BindingKind.DEFINITION)


class NakedNotify(msgspec.Struct, frozen=True):
    """A notification that goes along with no change of state, for `waits` that test none."""

    notify: Event
    waits: tuple[cst.CSTNode, ...]


def naked_notifies(module: ModuleModel) -> Iterator[NakedNotify]:
    """Yield the notifications of conditions that nobody tests anything for, where nothing is changed either.

    All uses of the condition must be in sight. A wait with a timeout is a pause, which the notification may cut
    short; one that begins before the thread that will notify is started misses nothing.
    """
    events = {id(event.node): event for event in module.events_of("notify") + module.events_of("notify_all")}
    for site in module.sites_of(Primitive.CONDITION) if events else ():
        if site.cls is not None or site.domain is Domain.HOST:
            continue
        waits = _blind_waits(module, site)
        if waits is None:
            continue
        for event in events.values():
            function = module.function_at(event.node)
            if function is None or not any(instance.site is site for instance in event.instances):
                continue
            if not _changes_state(module, function) and not any(
                _changes_state(module, entry.caller) for entry in module.entries.at(function)
            ):
                yield NakedNotify(event, waits)


def _blind_waits(module: ModuleModel, site: Site) -> tuple[cst.CSTNode, ...] | None:
    """Return the waits for a condition when none of them tests anything that other code changes; None if one may."""
    uses = uses_of(module, site)
    if uses is None or any(use.name not in _HARMLESS for use in uses):
        return None
    waits = [use.node for use in uses if use.name == "wait"]
    for node in waits:
        function = module.function_at(node)
        if not isinstance(node, cst.Call) or function is None or attempt(module, node) is not Attempt.WITH_LOCK:
            return None
        if _tests_state(module, function) or starts_before(module, function, node):
            return None
    return tuple(waits) or None


def starts_before(module: ModuleModel, function: Function, wait: cst.CSTNode) -> bool:
    """Tell whether a function starts a thread under a lock that it still holds when it comes to the wait."""
    held = module.locks.held_at(function)
    return any(
        isinstance(call.func, cst.Attribute)
        and call.func.attr.value == "start"
        and held.get(id(call), frozenset()) & held.get(id(wait), frozenset())
        for call in function.scope.calls
    )


def _tests_state(module: ModuleModel, function: Function) -> bool:
    """Tell whether a function tests anything but its parameters and what never changes after construction."""
    changed = {
        access.variable.key
        for other in module.functions
        if other.name != "__init__"
        for access in accesses(module, other)
        if access.kind.writes
    }
    keys = {id(access.node): access.variable.key for access in accesses(module, function)}
    for node in descendants(function.node):
        if not isinstance(node, _TESTS):
            continue
        for part in (node.test, *descendants(node.test)):
            if isinstance(part, (cst.Call, cst.Await, cst.Subscript)):
                return True
            if isinstance(part, cst.Attribute) and keys.get(id(part)) is None:
                return True
            if keys.get(id(part)) in changed or (isinstance(part, cst.Name) and _is_computed(module, part)):
                return True
    return False


def _is_computed(module: ModuleModel, name: cst.Name) -> bool:
    scope = module.tree.scope_of(name)
    owner = scope.owner(name.value)
    if owner is None or not owner.is_callable:
        return False
    return any(binding.kind not in _GIVEN for binding in owner.bindings.get(name.value, ()))


def _changes_state(module: ModuleModel, function: Function) -> bool:
    """Tell whether a function may change anything that others can see, itself or in what it calls."""
    pending, seen = [function], {id(function)}
    while pending:
        one = pending.pop()
        if any(access.kind.writes for access in accesses(module, one)) or one.scope.yields:
            return True
        for scope in one.scope.walk():
            for call in scope.calls if scope.execution is one.scope else ():
                called = called_by(module, call)
                pending += [each for each in called if id(each) not in seen]
                seen.update(map(id, called))
                if not called and not _is_harmless(module, call):
                    return True
    return False


def _is_harmless(module: ModuleModel, call: cst.Call) -> bool:
    if module.symbol(call.func) in _CHANGES_NOTHING:
        return True
    func = call.func
    return isinstance(func, cst.Attribute) and func.attr.value in _HARMLESS and module.locks.lock(func.value) is not None
