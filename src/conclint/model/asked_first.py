"""Locks that are asked whether they are free before they are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain
from conclint.model.graph import OpKind
from conclint.model.paths import outcome
from conclint.syntax import BindingKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.graph import Block, Edge
    from conclint.model.locks import Lock
    from conclint.model.module import ModuleModel


class AskedFirst(msgspec.Struct, frozen=True):
    """A question whether `lock` is free, and where the lock is then taken, only if it was."""

    question: cst.Call
    lock: Lock
    taken: cst.CSTNode


def asked_first(module: ModuleModel) -> Iterator[AskedFirst]:
    """Yield the calls of `locked()` on whose answer it depends whether the function waits for that lock.

    Where the lock is taken either way the answer only chooses words; where a loop asks again it is a wait. An
    acquire that gives up at once asks for itself, and a second lock around question and acquire makes them one. So does
    the event loop, unless something is awaited in between.
    """
    for function in module.functions if "locked" in module.words else ():
        questions = {
            outcome(call): (call, lock)
            for call in function.scope.calls
            if (lock := _asked(module, call)) is not None
        }
        graph = module.graph(function) if questions else None
        for block in graph.blocks if graph is not None else ():
            for edge in block.edges:
                found = _decided(module, function, edge, questions)
                if found is None:
                    continue
                question, lock = found
                others = [other.target for other in block.edges if other is not edge]
                taken = _taking(module, function, edge.target, lock)
                if taken is None or not others or _is_covered(module, function, question, taken, lock):
                    continue
                if not any(_leads_to(other, block) or _reaches(other, taken) for other in others):
                    yield AskedFirst(question, lock, taken)


def _asked(module: ModuleModel, call: cst.Call) -> Lock | None:
    """Return the lock whose state a call tells, itself or through a small function of this module."""
    if call.func.__class__ is cst.Attribute and call.func.attr.value == "locked" and not call.args:
        lock = module.locks.lock(call.func.value)
        return lock if lock is not None and lock.kind is not None else None
    function = module.called_function(call)
    returned = function.returns if function is not None and not function.is_async else []
    if len(returned) != 1 or not isinstance(returned[0], cst.Call) or module.called_function(returned[0]) is not None:
        return None
    lock = _asked(module, returned[0])
    return module.locks.seen_from(call, lock) if lock is not None else None


def _decided(
    module: ModuleModel, function: Function, edge: Edge, questions: dict[str, tuple[cst.Call, Lock]]
) -> tuple[cst.Call, Lock] | None:
    """Return the question to which an edge follows if the answer was that the lock is free."""
    if edge.test is None:
        return None
    name, holds = module.conditions.key(edge.test)
    if (holds == edge.truth) is True:
        return None
    bindings = function.scope.bindings.get(name, [])
    if len(bindings) == 1 and bindings[0].kind is BindingKind.ASSIGN and isinstance(bindings[0].value, cst.Call):
        name = outcome(bindings[0].value)
    return questions.get(name)


def _taking(module: ModuleModel, function: Function, start: Block, lock: Lock) -> cst.CSTNode | None:
    """Return the first place behind `start` that waits for the lock, when others may have come in between."""
    gives_way = lock.domain is not Domain.ASYNCIO
    for block in _behind(start):
        for op in block.ops:
            if op.kind in (OpKind.CALL, OpKind.ENTER):
                event = module.locks.event(op)
                if event is not None and event[1].key == lock.key and event[0] == "acquire":
                    held = module.locks.held_at(function).get(id(op.node), ())
                    return op.node if gives_way and lock.key not in held else None
            elif op.kind in (OpKind.AWAIT, OpKind.YIELD) and not _takes(module, op.node, lock):
                gives_way = True
    return None


def _takes(module: ModuleModel, awaiting: cst.CSTNode, lock: Lock) -> bool:
    """Tell the `await` of `await lock.acquire()` and of `async with lock`, before which others have no turn."""
    if isinstance(awaiting, cst.With):
        first = module.locks.lock(awaiting.items[0].item)
        return first is not None and first.key == lock.key
    call = awaiting.expression if isinstance(awaiting, cst.Await) else None
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute):
        return False
    taken = module.locks.lock(call.func.value)
    return taken is not None and taken.key == lock.key


def _is_covered(
    module: ModuleModel, function: Function, question: cst.Call, taken: cst.CSTNode, lock: Lock
) -> bool:
    held = module.locks.held_at(function)
    common = held.get(id(question), frozenset()) & held.get(id(taken), frozenset())
    return bool((common | module.locks.assumed(function)) - {lock.key})


def _reaches(start: Block, node: cst.CSTNode) -> bool:
    return any(op.node is node for block in _behind(start) for op in block.ops)


def _leads_to(start: Block, block: Block) -> bool:
    return any(one is block for one in _behind(start))


def _behind(start: Block) -> Iterator[Block]:
    """Yield a block and those behind it, the nearest first."""
    seen: dict[int, Block] = {id(start): start}
    pending = [start]
    while pending:
        block = pending.pop(0)
        yield block
        for edge in block.edges:
            if id(edge.target) not in seen:
                seen[id(edge.target)] = edge.target
                pending.append(edge.target)
