"""Locks that each call makes for itself, though what they guard outlives the call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain
from conclint.model.accesses import accesses
from conclint.model.escape import fate_of
from conclint.model.graph import OpKind
from conclint.model.locks import LOCKING, sounds_like_a_lock
from conclint.model.values import UNKNOWN, Symbol
from conclint.model.words import CHANGING, AccessKind
from conclint.syntax import BindingKind
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.escape import Escape
    from conclint.model.locks import Lock
    from conclint.model.module import ModuleModel
    from conclint.syntax import Binding

_LOCKS = frozenset({"with", "acquire", "release", "locked", "__enter__", "__exit__"})
_CHANGES = CHANGING | {"write", "writelines", "flush", "seek", "truncate", "send", "sendall", "sendto", "execute", "commit"}
_MAKES = re.compile(r"_*(?:create|make|new|build)_?\w*$", re.IGNORECASE)


class LockPerCall(msgspec.Struct, frozen=True):
    """A lock that a call makes and nobody else gets, and something shared that is used under it."""

    made: cst.Call
    lock: Lock
    function: Function
    guarded: cst.CSTNode
    label: str


def locks_per_call(module: ModuleModel) -> Iterator[LockPerCall]:
    """Yield the locks that a function makes, has in a variable, and does nothing with but take and give back.

    Locks that are passed on, stored, or used by a function inside are left alone: others may get them there. So are locks
    of the file system, whose name makes them what they are.
    """
    for scope in module.scopes:
        if not scope.is_callable:
            continue
        for bindings in scope.bindings.values():
            made = _made(module, bindings)
            if made is None:
                continue
            call, target = made
            fate = fate_of(module, call)
            function, lock = module.function_of(scope), module.locks.lock(target)
            if function is None or lock is None or fate.captured or not all(_is_entered(module, e) for e in fate.escapes):
                continue
            if all(use.name in _LOCKS for use in fate.uses):
                yield from _guarding(module, function, lock, call)


def _is_entered(module: ModuleModel, escape: Escape) -> bool:
    """Tell a lock that is only passed to an `ExitStack`, to be entered."""
    given = module.tree.parent(escape.node)
    call = module.tree.parent(given) if isinstance(given, cst.Arg) else None
    func = call.func if isinstance(call, cst.Call) else None
    return isinstance(func, cst.Attribute) and func.attr.value in ("enter_context", "enter_async_context")


def _made(module: ModuleModel, bindings: list[Binding]) -> tuple[cst.Call, cst.Name] | None:
    """Return the call that makes the lock which a variable only ever holds, and the variable."""
    if len(bindings) != 1 or bindings[0].kind is not BindingKind.ASSIGN or bindings[0].path:
        return None
    call, target = bindings[0].value, bindings[0].node
    if call.__class__ is not cst.Call or target.__class__ is not cst.Name:
        return None
    module.values(call)
    site = module.resolver.sites.get(id(call))
    if site is not None:
        made = site.kind in LOCKING and site.domain is not Domain.HOST and site.cls is None
    else:
        made = sounds_like_a_lock(target.value) and _makes_by_name(module, call)
    return (call, target) if made else None


def _makes_by_name(module: ModuleModel, call: cst.Call) -> bool:
    """Tell `create_lock()` of another module: who makes a lock without being told its name makes a new one."""
    name = dotted_name(call.func).rpartition(".")[2]
    if call.args or _MAKES.match(name) is None or not sounds_like_a_lock(name):
        return False
    values = module.values(call.func)
    return isinstance(call.func, cst.Name) and all(value is UNKNOWN or isinstance(value, Symbol) for value in values)


def _guarding(module: ModuleModel, function: Function, lock: Lock, call: cst.Call) -> Iterator[LockPerCall]:
    held = module.locks.held_at(function)
    for access in accesses(module, function):
        used = access.kind.writes or access.kind is AccessKind.ITERATE or any(map(_changes, access.parts))
        if used and not module.variables.is_synchronised(access.variable):
            if all(lock.key in held.get(id(part), ()) for part in access.parts):
                yield LockPerCall(call, lock, function, access.node, access.variable.label)
                return
    graph = module.graph(function)
    for op in graph.ops() if graph is not None else ():
        if lock.key in held.get(id(op.node), ()) and (parameter := _changed_parameter(function, op.kind, op.node)):
            yield LockPerCall(call, lock, function, op.node, parameter)
            return


def _changes(node: cst.CSTNode) -> bool:
    """Tell a call of a method that changes its object: `items.append`, `sink.write`."""
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in _CHANGES


def _changed_parameter(function: Function, kind: OpKind, node: cst.CSTNode) -> str:
    """Return the parameter whose object an operation changes; empty for none."""
    if kind is OpKind.CALL and isinstance(node, cst.Call) and _changes(node):
        node = node.func
    elif kind is OpKind.AUGMENT and isinstance(node, cst.AugAssign):
        node = node.target
    elif kind is not OpKind.STORE:
        return ""
    while isinstance(node, (cst.Attribute, cst.Subscript)):
        node = node.value
    name = node.value if isinstance(node, cst.Name) else ""
    bindings = function.scope.bindings.get(name, [])
    parameter = len(bindings) == 1 and bindings[0].kind is BindingKind.PARAMETER
    return name if parameter and name != function.receiver_name else ""
