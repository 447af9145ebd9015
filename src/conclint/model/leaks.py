"""Which acquires leave a function with the lock still held, though it has code that gives the lock back."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.model.escape import fate_of_variable
from conclint.model.graph import OpKind
from conclint.model.locksets import Raising
from conclint.model.values import Instance
from conclint.syntax import BindingKind
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conclint.model.definitions import Function
    from conclint.model.graph import Block, Op
    from conclint.model.locks import Lock
    from conclint.model.locksets import Held
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Exploration, Facts, State

_LEAVES = (OpKind.RETURN, OpKind.RAISE)
_TAKES_BY_DESIGN = frozenset({"acquire", "acquired", "lock", "enter", "aenter"})


class Leak(msgspec.Struct, frozen=True):
    """An acquire that some path does not undo.

    `explicit` tells whether a `return`, `raise`, `break` or the like leads out with the lock, without any call
    having to fail, at `way_out` if it is a statement of its own; otherwise `culprit` is the operation that may raise, where
    one can be named. `releases` are the calls that give the lock back on other paths.
    """

    acquire: cst.Call
    lock: Lock
    function: Function
    explicit: bool
    culprit: cst.CSTNode | None
    releases: tuple[cst.Call, ...]
    way_out: cst.CSTNode | None = None


def find_leaks(module: ModuleModel) -> Iterator[Leak]:
    """Yield the acquires that leak, one each, in source order of each function."""
    handed_over = module.locks.handed_over
    for function in module.functions:
        if not _acquires(module, function):
            continue
        plain = module.locks.explored(function)
        if plain is None:
            continue
        candidates = _candidates(module, function, plain, handed_over)
        if candidates:
            yield from _leaks(module, function, plain, candidates)


def _leaks(
    module: ModuleModel, function: Function, plain: Exploration, candidates: dict[int, _Taken]
) -> Iterator[Leak]:
    ways = list(_ways_out(plain))
    asserted = _after_assert(ways)
    graph = plain.graph
    explicit = _held_in(plain.ends(graph.returned)) | (_held_in(plain.ends(graph.raised)) - asserted)
    failing = module.locks.explored(function, Raising.CALLS)
    implicit: frozenset[int] = frozenset()
    if failing is not None:
        implicit = _held_in(failing.ends(graph.returned)) | _held_in(failing.ends(graph.raised))
    for key, taken in candidates.items():
        if key in explicit:
            if not _TAKES_BY_DESIGN.isdisjoint(re.split(r"[_\W]+", function.name.lower())):
                continue
            way_out = next((op.node for op, held in ways if key in held and op is not None and op.kind in _LEAVES), None)
            yield Leak(taken.call, taken.lock, function, True, None, tuple(taken.releases), way_out)
        elif key in implicit and failing is not None:
            yield Leak(
                taken.call, taken.lock, function, False, _culprit(module, failing, key), tuple(taken.releases)
            )


class _Taken(msgspec.Struct):
    call: cst.Call
    lock: Lock
    releases: list[cst.Call]
    by_helper: bool = False


def _candidates(
    module: ModuleModel, function: Function, plain: Exploration, handed_over: frozenset[str]
) -> dict[int, _Taken]:
    """Return the acquires by `id` whose lock this function itself gives back on some path, as its own business.

    So does a function that calls one helper to take a lock and another to give it back.
    """
    found: dict[int, _Taken] = {}
    foreign: set[str] = set()

    def see(op: Op, states: Mapping[State, Facts]) -> None:
        if op.kind is not OpKind.CALL or not isinstance(op.node, cst.Call):
            return
        event = module.locks.event(op)
        if event is None:
            effect = module.locks.effect_of_call(op.node)
            for key in effect.acquires:
                if (lock := module.locks.by_key[key]).kind is not None:
                    found.setdefault(id(op.node), _Taken(op.node, lock, [], by_helper=True))
            given_back = effect.releases
        elif event[0] == "release":
            given_back = frozenset({event[1].key})
        else:
            lock, given_back = event[1], frozenset()
            if lock.kind is not None and _is_method(op.node, "acquire") and not _is_loop_variable(module, op.node):
                found.setdefault(id(op.node), _Taken(op.node, lock, []))
        for key, held in itertools.product(given_back, states):
            takers = [taker for taken, taker in held if taken == key]  # type: ignore[attr-defined]
            if not takers:
                foreign.add(key)  # it unlocks for its caller, and may lock for it again
            elif takers[-1] in found and op.node not in found[takers[-1]].releases:
                found[takers[-1]].releases.append(op.node)

    plain.visit(see)
    return {
        node: taken
        for node, taken in found.items()
        if taken.releases
        and taken.lock.key not in foreign
        and (taken.by_helper or taken.lock.key not in handed_over)
        and not _is_others_or_nobodys(module, function, taken.call)
    }


def _is_others_or_nobodys(module: ModuleModel, function: Function, acquire: cst.Call) -> bool:
    """Tell a lock in a variable that is another's to give back, or that nobody else will ever want.

    The first is one that somebody gets behind the acquire, as an argument or in what is handed on; the second one that the
    function makes for itself and lets nobody see.
    """
    lock = acquire.func.value if isinstance(acquire.func, cst.Attribute) else None
    bindings = function.scope.bindings.get(lock.value, ()) if isinstance(lock, cst.Name) else ()
    fates = [fate_of_variable(module, binding) for binding in bindings]
    if lock is None or not fates:
        return False
    escapes = {id(escape.node) for fate in fates for escape in fate.escapes}
    if not escapes and not any(fate.captured for fate in fates):
        return all(isinstance(value, Instance) and _is_made_in(function, value) for value in module.values(lock))
    order = itertools.dropwhile(lambda node: node is not acquire, descendants(function.node))
    return any(id(node) in escapes for node in order)


def _is_made_in(function: Function, value: Instance) -> bool:
    return value.site is not None and value.site.scope is function.scope


def _culprit(module: ModuleModel, failing: Exploration, taker: int) -> cst.CSTNode | None:
    """Return the first operation that raises while the lock is held, if possible straight out of the function."""
    raised = failing.graph.raised
    block_of: dict[int, Block] = {id(op): block for block in failing.graph.blocks for op in block.ops}
    straight: list[cst.CSTNode] = []
    handled: list[cst.CSTNode] = []

    def see(op: Op, states: Mapping[State, Facts]) -> None:
        if taker in _held_in(states) and module.may_raise(op):
            node = op.node.iter if isinstance(op.node, (cst.For, cst.CompFor)) else op.node
            handler = block_of[id(op)].handler
            if handler is raised:
                straight.append(node)
            elif handler is not None and taker in _held_in(failing.entries.get(id(handler), {})):
                handled.append(node)

    failing.visit(see)
    # What is handled may be dealt with; the last of it is the likeliest not to be.
    return straight[0] if straight else handled[-1] if handled else None


def _ways_out(plain: Exploration) -> Iterator[tuple[Op | None, frozenset[int]]]:
    """Yield the places where a function may end, each with the operation that it ends with and what is held there."""
    ends = {id(block.ops[-1]): block for block in plain.graph.blocks if block.ops}
    last: dict[int, tuple[Op, Mapping[State, Facts]]] = {}

    def see(op: Op, states: Mapping[State, Facts]) -> None:
        if id(op) in ends:
            last[id(ends[id(op)])] = op, states

    plain.visit(see)
    for block in plain.graph.blocks:
        if any(edge.target in (plain.graph.returned, plain.graph.raised) for edge in block.edges):
            op, states = last.get(id(block), (None, plain.entries.get(id(block), {})))
            yield op, _held_in(states)


def _after_assert(ways: list[tuple[Op | None, frozenset[int]]]) -> frozenset[int]:
    """Return what only a failing `assert` leaks: it states what cannot happen, and is no way out of its own."""
    by_assert: set[int] = set()
    otherwise: set[int] = set()
    for op, held in ways:
        asserts = op is not None and op.kind is OpKind.RAISE and isinstance(op.node, cst.Assert)
        (by_assert if asserts else otherwise).update(held)
    return frozenset(by_assert - otherwise)


def _held_in(states: Mapping[State, Facts]) -> frozenset[int]:
    found: set[int] = set()
    for state in states:
        held: Held = state  # type: ignore[assignment]
        found.update(taker for _, taker in held)
    return frozenset(found)


def _acquires(module: ModuleModel, function: Function) -> bool:
    calls = function.scope.calls
    return any(_is_method(call, "acquire") for call in calls) or (
        bool(module.locks.left_taken) and any(module.locks.effect_of_call(call).acquires for call in calls)
    )


def _is_method(call: cst.Call, name: str) -> bool:
    return call.func.__class__ is cst.Attribute and call.func.attr.value == name


def _is_loop_variable(module: ModuleModel, call: cst.Call) -> bool:
    """Tell the locks of a collection, which one loop takes and another gives back."""
    root = dotted_name(call.func).partition(".")[0]
    owner = module.tree.scope_of(call).owner(root)
    bindings = owner.bindings.get(root, []) if owner is not None else []
    return any(binding.kind is BindingKind.ITERATE for binding in bindings)
