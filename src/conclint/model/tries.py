"""Acquires that may come back without the lock, and what becomes of their answer."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.parameter import Parameter
from conclint.knowledge.schema import Blocks
from conclint.model.arguments import argument, has_star
from conclint.model.flow import after
from conclint.model.graph import OpKind
from conclint.model.results import is_dropped
from conclint.model.values import Constant, LibraryMethod, Symbol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.events import Event
    from conclint.model.graph import Op
    from conclint.model.locks import Lock
    from conclint.model.module import ModuleModel
    from conclint.model.values import Values

_LIKE_A_LOCK = Blocks(on="lock", blocking=Parameter("blocking", 0), timeout=Parameter("timeout", 1))
_DOES_SOMETHING = (OpKind.CALL, OpKind.STORE, OpKind.AUGMENT, OpKind.DELETE, OpKind.AWAIT, OpKind.YIELD, OpKind.ENTER)


class Attempt(enum.Enum):
    """How an acquire comes back."""

    WITH_LOCK = "with the lock, or by an exception"
    EITHER_WAY = "with or without it"
    UNKNOWN = "it depends on arguments that are not known"


def attempt(module: ModuleModel, call: cst.Call) -> Attempt:
    """Tell how a call of a lock's `acquire` comes back."""
    if not call.args:
        return Attempt.WITH_LOCK
    blocks = _blocks(module, call)
    if blocks.on_timeout == "raises":
        return Attempt.WITH_LOCK
    if has_star(call):
        return Attempt.UNKNOWN
    blocking, timeout = argument(call, blocks.blocking), argument(call, blocks.timeout)
    found = [Attempt.WITH_LOCK]
    if blocking is not None:
        found.append(_of_blocking(module.values(blocking.value)))
    if timeout is not None:
        found.append(_of_timeout(module.values(timeout.value)))
    if blocking is None and timeout is None:
        found.append(Attempt.UNKNOWN)
    return next(kind for kind in (Attempt.EITHER_WAY, Attempt.UNKNOWN, Attempt.WITH_LOCK) if kind in found)


def _blocks(module: ModuleModel, call: cst.Call) -> Blocks:
    for value in module.values(call.func):
        if isinstance(value, LibraryMethod):
            method = module.knowledge.method(value.receiver.type_name, value.name)
            if method is not None and method.blocks is not None:
                return method.blocks
    return _LIKE_A_LOCK


def _of_blocking(values: Values) -> Attempt:
    truths = {bool(value.value) if isinstance(value, Constant) else None for value in values}
    if truths == {False}:
        return Attempt.EITHER_WAY
    return Attempt.WITH_LOCK if truths == {True} else Attempt.UNKNOWN


def _of_timeout(values: Values) -> Attempt:
    """A limit of unknown length is a limit, unless it may be None or negative: then there may be none."""
    endless = [_is_endless(value.value) if isinstance(value, Constant) else _is_most(value) for value in values]
    if not any(endless):
        return Attempt.EITHER_WAY
    return Attempt.WITH_LOCK if all(endless) else Attempt.UNKNOWN


def _is_endless(limit: object) -> bool:
    return limit is None or (isinstance(limit, (int, float)) and limit < 0)


def _is_most(value: object) -> bool:
    return isinstance(value, Symbol) and value.name == "threading.TIMEOUT_MAX"


class IgnoredTry(msgspec.Struct, frozen=True):
    """An acquire that may fail and whose answer nobody looks at; `release` is what gives the lock back all the same."""

    call: cst.Call
    lock: Lock
    release: cst.Call | None


def ignored_tries(module: ModuleModel) -> Iterator[IgnoredTry]:
    """Yield the acquires that may fail, where what the lock protects is done without asking whether they did.

    Left alone is an acquire that may be a pause, whose answer need not matter.
    """
    for event in module.events_of("acquire"):
        call = event.node
        if not isinstance(call, cst.Call) or attempt(module, call) is not Attempt.EITHER_WAY:
            continue
        parent = module.tree.parent(call)
        if is_dropped(module, parent if isinstance(parent, cst.Await) else call):
            found = _ignored(module, event, call)
            if found is not None:
                yield found


def _ignored(module: ModuleModel, event: Event, call: cst.Call) -> IgnoredTry | None:
    function, lock = module.function_at(call), module.locks.lock(event.object)
    graph = module.graph(function) if function is not None else None
    if function is None or lock is None or graph is None or _is_new(module, event, call):
        return None
    if lock.key in module.locks.held_at(function).get(id(call), ()):
        return None  # taken again by its holder, which does not fail
    done: list[cst.CSTNode] = []
    release: cst.Call | None = None

    def gives_back(op: Op) -> bool:
        found = module.locks.event(op) if op.kind in (OpKind.CALL, OpKind.EXIT) else None
        return found is not None and found[0] == "release" and found[1].key == lock.key

    for op in after(graph, call, gives_back):
        if _waits_for(module, op, lock):
            return None  # made sure that it is taken, and now waits until somebody gives it back: a signal
        if gives_back(op):
            release = release or (op.node if isinstance(op.node, cst.Call) else None)
        elif op.kind in _DOES_SOMETHING and op.node is not module.tree.parent(call):
            done.append(op.node)
    if not done or (release is None and _may_be_a_pause(module, call, lock)):
        return None
    return IgnoredTry(call, lock, release)


def _waits_for(module: ModuleModel, op: Op, lock: Lock) -> bool:
    """Tell an acquire of the same lock that only comes back with it."""
    found = module.locks.event(op) if op.kind is OpKind.CALL else None
    if found is None or found[0] != "acquire" or found[1].key != lock.key:
        return False
    return isinstance(op.node, cst.Call) and attempt(module, op.node) is Attempt.WITH_LOCK


def _may_be_a_pause(module: ModuleModel, call: cst.Call, lock: Lock) -> bool:
    """Tell a wait for a signal, or just for time to pass: of a lock that others give back, or nobody does."""
    waits = argument(call, _blocks(module, call).blocking) is None
    return waits or lock.key in module.locks.handed_over


def _is_new(module: ModuleModel, event: Event, call: cst.Call) -> bool:
    """Tell a lock that this function has made itself, for which nobody can be competing yet."""
    function = module.function_at(call)
    assert function is not None
    return function.name in ("__init__", "__new__", "__post_init__", "__setstate__") or any(
        one.site is not None and one.site.scope.execution is function.scope for one in event.instances
    )
