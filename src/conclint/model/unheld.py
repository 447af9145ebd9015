"""Releases of a lock that is not held on some path: released before, or never taken."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, TypeAlias

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive
from conclint.model.catching import is_caught
from conclint.model.graph import OpKind
from conclint.model.inside_try import late_acquires
from conclint.model.paths import explore
from conclint.model.results import is_dropped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from conclint.model.definitions import Function
    from conclint.model.graph import Graph, Op
    from conclint.model.locks import Lock
    from conclint.model.locksets import Held
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Exploration, Facts, State

_GUARDS = (cst.If, cst.IfExp, cst.While, cst.For, cst.Match, cst.BooleanOperation)
_Known: TypeAlias = "tuple[Held, frozenset[tuple[str, int]], frozenset[str]]"
"""The locks held; those released since, each with the `id` of the release; those that a callee may have touched."""


class UnheldRelease(msgspec.Struct, frozen=True):
    """A release of a lock that some path does not hold.

    `before` is an earlier release on that path, or, where that path never takes the lock, what takes it on another one.
    `by_with` tells that the second release is the end of a `with`, whose item is `before`. `culprit` is what has to raise
    for the path to be taken.
    """

    release: cst.CSTNode
    lock: Lock
    function: Function
    before: cst.CSTNode
    twice: bool
    by_with: bool = False
    culprit: cst.CSTNode | None = None


def unheld_releases(module: ModuleModel) -> Iterator[UnheldRelease]:
    """Yield the releases of locks and conditions that go wrong on some path.

    Semaphores are left out: a release gives a permit, whoever gives it. So are the releases of a `finally` with the
    acquire in its `try`, which are another mistake, and those whose failure is caught on the spot.
    """
    covered = {id(late.release) for late in late_acquires(module)}
    for function in module.functions:
        if any(_is_release(call) for call in function.scope.calls):
            for found in _Search(module, function).found():
                if id(found.release) not in covered and not is_caught(module, found.release, "RuntimeError"):
                    yield found


def _is_release(call: cst.Call) -> bool:
    return call.func.__class__ is cst.Attribute and call.func.attr.value in ("release", "__exit__")


class _Search:
    def __init__(self, module: ModuleModel, function: Function) -> None:
        self.module = module
        self.function = function
        self.nodes: dict[int, cst.CSTNode] = {}
        self.takers: dict[str, cst.CSTNode] = {}
        # What one function leaves taken another may well give back, and find it held without having taken it.
        self.elsewhere = module.locks.handed_over | module.locks.left_taken

    def found(self) -> Iterator[UnheldRelease]:
        """Yield each release once, first those that are reached without an exception."""
        reports: dict[int, UnheldRelease] = {}
        graph = self.module.graph(self.function)
        if graph is None:
            return
        released, taken = self._handled(graph)
        twice = any(len(places) > 1 for places in released.values())
        ways = (None, self.module.may_raise) if twice else (None,) if taken & released.keys() else ()
        for may_raise in ways:
            for found in self._explored(graph, may_raise):
                reports.setdefault(id(found.release), found)
        yield from reports.values()

    def _handled(self, graph: Graph) -> tuple[dict[str, set[int]], set[str]]:
        """Return where the function releases locks and may have released them before, by their keys, and those that it takes."""
        released: dict[str, set[int]] = collections.defaultdict(set)
        taken: set[str] = set()
        left: set[int] = set()  # what `with` may have taken by other means is given back there
        for op in graph.ops():
            event = self.module.locks.event(op)
            if event is None:
                if op.kind is OpKind.EXIT:
                    left.add(id(op.node))
            elif event[0] != "release":
                taken.add(event[1].key)
            elif event[1].kind in (Primitive.LOCK, Primitive.CONDITION) and event[1].key not in self.elsewhere:
                released[event[1].key].add(id(op.node))
        return {key: places | left for key, places in released.items()}, taken

    def _explored(self, graph: Graph, may_raise: Callable[[Op], bool] | None) -> list[UnheldRelease]:
        start: Held = tuple((key, 0) for key in sorted(self.module.locks.assumed(self.function)))
        reports: list[UnheldRelease] = []
        exploration = explore(
            graph, (start, frozenset(), frozenset()), self._step, self.module.conditions, may_raise=may_raise
        )

        def see(op: Op, states: Mapping[State, Facts]) -> None:
            event = self.module.locks.event(op) if op.kind in (OpKind.CALL, OpKind.EXIT) else None
            if event is None or event[0] != "release" or event[1].key in self.elsewhere:
                return
            if event[1].kind in (Primitive.LOCK, Primitive.CONDITION):
                known: list[_Known] = list(states)  # type: ignore[arg-type]
                found = self._twice(op, event[1], known)
                if found is not None and may_raise is not None:
                    culprit = self._culprit(exploration, found)
                    found = msgspec.structs.replace(found, culprit=culprit) if culprit is not None else None
                elif found is None and may_raise is None:
                    found = self._never(op, event[1], known)
                if found is not None:
                    reports.append(found)

        if exploration.complete:
            exploration.visit(see)
        return reports

    def _culprit(self, exploration: Exploration, found: UnheldRelease) -> cst.CSTNode | None:
        """Return the first operation behind the first release that may raise into a handler of this function."""
        first = found.release if found.by_with else found.before
        culprits: list[cst.CSTNode] = []
        handled = {
            id(op) for block in exploration.graph.blocks if block.handler is not exploration.graph.raised for op in block.ops
        }

        def see(op: Op, states: Mapping[State, Facts]) -> None:
            known: list[_Known] = list(states)  # type: ignore[arg-type]
            if id(op) in handled and self.module.may_raise(op):
                if any((found.lock.key, id(first)) in freed for _, freed, _ in known):
                    culprits.append(op.node)

        exploration.visit(see)
        return culprits[0] if culprits else None

    def _twice(self, op: Op, lock: Lock, states: list[_Known]) -> UnheldRelease | None:
        for held, freed, _ in states:
            if any(key == lock.key for key, _ in held):
                continue
            for key, node in freed:
                first = self.nodes[node]
                if key != lock.key or first is op.node or not self._guards(op.node) <= self._guards(first):
                    continue
                if op.kind is OpKind.EXIT:
                    return UnheldRelease(first, lock, self.function, op.node, twice=True, by_with=True)
                return UnheldRelease(op.node, lock, self.function, first, twice=True)
        return None

    def _never(self, op: Op, lock: Lock, states: list[_Known]) -> UnheldRelease | None:
        holding = [any(key == lock.key for key, _ in held) for held, _, _ in states]
        taker = self.takers.get(lock.key)
        if op.kind is OpKind.EXIT or all(holding) or not any(holding) or taker is None:
            return None
        if not self._guards(op.node) <= self._guards(taker):
            return None
        for (_, freed, touched), holds in zip(states, holding):
            if not holds and lock.key not in touched and not any(key == lock.key for key, _ in freed):
                return UnheldRelease(op.node, lock, self.function, taker, twice=False)
        return None

    def _guards(self, node: cst.CSTNode) -> frozenset[int]:
        """Return what decides whether a node is reached: conditions that imply each other are not understood."""
        found = set()
        for outer in self.module.tree.ancestors(node):
            if outer is self.function.node:
                break
            if isinstance(outer, _GUARDS):
                found.add(id(outer))
        return frozenset(found)

    def _step(self, op: Op, state: State) -> list[tuple[State, tuple[tuple[str, bool], ...]]] | None:
        known: _Known = state  # type: ignore[assignment]
        held = known[0]
        after = self.module.locks.step(op, held)
        if after is None:
            return None
        event = self.module.locks.event(op)
        results: list[tuple[State, tuple[tuple[str, bool], ...]]] = []
        for state_after, facts in after:
            now: Held = state_after  # type: ignore[assignment]
            if event is not None and event[0] == "try" and now == held and is_dropped(self.module, _asked(self.module, op)):
                continue  # to go on without asking is another mistake
            results.append((self._moved(op, known, now), facts))
        return results

    def _moved(self, op: Op, before: _Known, held: Held) -> _Known:
        _, freed, touched = before
        event = self.module.locks.event(op)
        if event is None:
            changed = {key for key, _ in held} ^ {key for key, _ in before[0]}
            if op.kind is OpKind.EXIT:  # what a `with` has taken by other means it surely gives back
                self.nodes[id(op.node)] = op.node
                freed |= {(key, id(op.node)) for key in changed}
                return held, freed, touched - changed
            return held, frozenset(pair for pair in freed if pair[0] not in changed), touched | changed
        what, lock = event
        self.nodes[id(op.node)] = op.node
        freed = frozenset(pair for pair in freed if pair[0] != lock.key)
        if what != "release":
            self.takers.setdefault(lock.key, op.node)
        elif not any(key == lock.key for key, _ in held) and any(key == lock.key for key, _ in before[0]):
            freed |= {(lock.key, id(op.node))}
        return held, freed, touched - {lock.key}


def _asked(module: ModuleModel, op: Op) -> cst.BaseExpression:
    parent = module.tree.parent(op.node)
    node = parent if isinstance(parent, cst.Await) else op.node
    assert isinstance(node, cst.BaseExpression)
    return node
