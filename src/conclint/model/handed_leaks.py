"""Locks that one function takes for another to give back, and that an exception in the other keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.model.graph import OpKind
from conclint.model.paths import explore
from conclint.model.runners import ELSEWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conclint.model.definitions import Function
    from conclint.model.events import Root
    from conclint.model.graph import Op
    from conclint.model.locks import Lock
    from conclint.model.locksets import Held
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Facts, State


class HandedLeak(msgspec.Struct, frozen=True):
    """A lock that is taken at `acquire`, for `function`, which gives it back unless `culprit` raises.

    It is taken before a thread is started that runs `function`, or by the `__enter__` to an `__exit__`.
    """

    acquire: cst.Call
    release: cst.Call
    lock: Lock
    function: Function
    culprit: cst.CSTNode


def handed_leaks(module: ModuleModel) -> Iterator[HandedLeak]:
    """Yield the releases that a thread, process or task makes for its starter on each way out but an exception."""
    seen: set[int] = set()
    for root in module.roots:
        function = root.function
        if root.where not in ELSEWHERE or id(function) in seen or not module.locks.handles_locks(function):
            continue
        seen.add(id(function))
        for key in sorted(module.locks.effect(function).releases):
            acquire = _left_taken(module, root, key)
            leak = _leak(module, function, key, acquire) if acquire is not None else None
            if leak is not None:
                yield leak


def kept_at_exit(module: ModuleModel) -> Iterator[HandedLeak]:
    """Yield the releases of `__exit__` methods, for their `__enter__`, that what stands right before them may prevent."""
    for cls in module.classes:
        for entering, leaving in (("__enter__", "__exit__"), ("__aenter__", "__aexit__")):
            enter, leave = cls.methods.get(entering), cls.methods.get(leaving)
            if enter is not None and leave is not None and module.locks.handles_locks(leave):
                yield from _not_reached(module, enter, leave)


def _not_reached(module: ModuleModel, enter: Function, leave: Function) -> Iterator[HandedLeak]:
    graph = module.graph(leave)
    if graph is None:
        return
    for block in graph.blocks:
        before: list[cst.CSTNode] = []
        for op in block.ops:
            event = module.locks.event(op) if op.kind is OpKind.CALL else None
            if event is not None and event[0] == "release" and isinstance(op.node, cst.Call):
                acquire = _taken_by(module, enter, event[1].key)
                if before and acquire is not None and event[1].kind is not None:
                    yield HandedLeak(acquire, op.node, event[1], leave, before[-1])
            elif block.handler is graph.raised and module.may_raise(op):
                before.append(op.node)


def _left_taken(module: ModuleModel, root: Root, key: str) -> cst.Call | None:
    """Return the acquire of a lock with which the code that starts a root comes to its end."""
    starter = module.function_at(root.node)
    return _taken_by(module, starter, key) if starter is not None and starter is not root.function else None


def _taken_by(module: ModuleModel, function: Function, key: str) -> cst.Call | None:
    """Return the acquire of a lock with which a function comes to its end on some path."""
    exploration = module.locks.explored(function)
    if exploration is None:
        return None
    held: list[Held] = list(exploration.ends(exploration.graph.returned))  # type: ignore[arg-type]
    takers = {taker for pairs in held for taken, taker in pairs if taken == key}
    nodes = (op.node for op in exploration.graph.ops() if op.kind is OpKind.CALL and id(op.node) in takers)
    return next((node for node in nodes if isinstance(node, cst.Call)), None)


def _leak(module: ModuleModel, function: Function, key: str, acquire: cst.Call) -> HandedLeak | None:
    graph = module.graph(function)
    if graph is None:
        return None
    exploration = explore(graph, ((key, 0),), module.locks.step, module.conditions, may_raise=module.may_raise)
    if not exploration.complete or _has(key, exploration.ends(graph.returned)):
        return None
    leaving = {id(op) for block in graph.blocks if block.handler is graph.raised for op in block.ops}
    culprits: list[cst.CSTNode] = []
    releases: list[tuple[cst.Call, Lock]] = []

    def see(op: Op, states: Mapping[State, Facts]) -> None:
        event = module.locks.event(op) if op.kind is OpKind.CALL else None
        if event is not None and event[0] == "release" and event[1].key == key and isinstance(op.node, cst.Call):
            releases.append((op.node, event[1]))
        elif id(op) in leaving and _has(key, states) and module.may_raise(op):
            culprits.append(op.node)

    exploration.visit(see)
    if not culprits or not releases or releases[0][1].kind is None:
        return None
    return HandedLeak(acquire, releases[0][0], releases[0][1], function, culprits[0])


def _has(key: str, states: Mapping[State, Facts]) -> bool:
    held: list[Held] = list(states)  # type: ignore[arg-type]
    return any(taken == key for pairs in held for taken, _ in pairs)
