"""Acquires that stand inside the `try` whose `finally` gives the lock back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.draft import Change, Remedy
from conclint.knowledge.schema import Domain
from conclint.model.graph import Op, OpKind
from conclint.model.rewriting import indentation, line_of
from conclint.model.tries import Attempt, attempt
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.locks import Lock
    from conclint.model.module import ModuleModel


class LateAcquire(msgspec.Struct, frozen=True):
    """An acquire in the body of `statement`, and the release that its `finally` makes whether it was reached or not.

    `certain` tells that the acquire itself may fail or be cancelled, or that something in front of it may raise;
    otherwise it takes an exception that comes from outside, a signal handler's, to break it off.
    """

    call: cst.Call
    lock: Lock
    release: cst.Call
    statement: cst.Try
    certain: bool


def late_acquires(module: ModuleModel) -> Iterator[LateAcquire]:
    """Yield the acquires whose lock the `finally` around them releases unconditionally.

    A body that releases the lock as well gives it back for a while, and knows what it does; so does a `finally` that
    asks first, or that expects the release to fail.
    """
    for function in module.functions:
        events = [(call, *event) for call in function.scope.calls if (event := _event(module, call)) is not None]
        for release, what, lock in events:
            statement = _tried(module, release) if what == "release" else None
            if statement is None or any(
                w == "release" and other.key == lock.key and _is_inside(module, call, statement.body)
                for call, w, other in events
            ):
                continue
            for call, w, other in events:
                if w != "release" and other.key == lock.key and _is_inside(module, call, statement.body):
                    if lock.key not in module.locks.held_at(function).get(id(call), ()):
                        certain = _is_certain(module, function, call, lock, statement)
                        yield LateAcquire(call, lock, release, statement, certain)


def _event(module: ModuleModel, call: cst.Call) -> tuple[str, Lock] | None:
    name = call.func.attr.value if call.func.__class__ is cst.Attribute else ""
    return module.locks.event(Op(OpKind.CALL, call)) if name in ("acquire", "release", "wait_for") else None


def _tried(module: ModuleModel, release: cst.Call) -> cst.Try | None:
    """Return the `try` whose `finally` makes a release whatever else happens."""
    line = line_of(module, release)
    block = module.tree.parent(line) if line is not None else None
    final = module.tree.parent(block) if block is not None else None
    statement = module.tree.parent(final) if isinstance(final, cst.Finally) else None
    return statement if isinstance(statement, cst.Try) else None


def _is_inside(module: ModuleModel, call: cst.Call, block: cst.CSTNode) -> bool:
    return any(outer is block for outer in module.tree.ancestors(call))


def _is_certain(
    module: ModuleModel, function: Function, call: cst.Call, lock: Lock, statement: cst.Try
) -> bool:
    if lock.domain is Domain.ASYNCIO or attempt(module, call) is not Attempt.WITH_LOCK:
        return True
    before: set[int] = set()
    for line in statement.body.body:
        parts = list(descendants(line))
        if any(part is call for part in parts):
            if line is not _line_of(module, call):
                return True  # it is taken in a branch or a loop, and given back without that
            break
        before.update(map(id, parts))
    graph = module.graph(function)
    return graph is not None and any(id(op.node) in before and module.may_raise(op) for op in graph.ops())


def _line_of(module: ModuleModel, call: cst.Call) -> cst.SimpleStatementLine | None:
    parent = module.tree.parent(call)
    return line_of(module, parent if isinstance(parent, cst.Await) else call)


def hoisted(module: ModuleModel, late: LateAcquire) -> Remedy | None:
    """Return the change that puts the acquire in front of its `try`, None where it is not the first thing there.

    Handlers that may see an exception of the acquire stand in the way, and so do comments in front of it.
    """
    line, body = _line_of(module, late.call), late.statement.body
    if line is None or len(body.body) < 2 or body.body[0] is not line or not isinstance(body, cst.IndentedBlock):
        return None
    handlers = late.statement.handlers
    if any(late.certain or each.type is None or "BaseException" in module.code(each.type) for each in handlers):
        return None
    if any(empty.comment is not None for empty in line.leading_lines):
        return None
    head = f"{module.code(line.body[0])}{module.code(line.trailing_whitespace)}"
    text = f"{head}{indentation(module, late.statement)}try:{module.code(body.header)}"
    change = Change(late.statement, text, line.trailing_whitespace)
    return Remedy("acquire before 'try'", (change,), safe=True)
