"""Which locks are held where: what operations and calls do to locks, and the locksets that follow from it."""

from __future__ import annotations

import dataclasses
import enum
import functools
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import libcst as cst

from conclint.knowledge.schema import Domain
from conclint.model.contracts import Contracts
from conclint.model.graph import Op, OpKind
from conclint.model.locks import Lock, LockNames
from conclint.model.paths import Exploration, Facts, State, explore, outcome
from conclint.model.tries import Attempt, attempt
from conclint.model.values import FunctionValue, Instance
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel

_DEEPEST_CALLS = 40

Held: TypeAlias = "tuple[tuple[str, int], ...]"
"""What is held, in the order of taking: (key of the lock, `id` of the node that took it)."""


@dataclasses.dataclass(frozen=True, slots=True)
class LockEffect:
    """What a call of a function leaves behind: locks it has taken, locks of its caller it has released."""

    acquires: frozenset[str] = frozenset()
    releases: frozenset[str] = frozenset()


NO_EFFECT = LockEffect()
_METHODS = frozenset({"acquire", "release", "enter_context", "__enter__", "__exit__"})


class Raising(enum.Enum):
    """Which operations count as able to raise, besides `raise` statements."""

    STATEMENTS = "none"
    CALLS = "calls and the like"
    ALL = "all"


class Locks:
    """Answers about the locks of one module."""

    def __init__(self, module: ModuleModel) -> None:
        self._module = module
        self._names = LockNames(module)
        self._contracts = Contracts(module, self._names)
        self._effects: dict[int, LockEffect] = {}
        self._explored: dict[tuple[int, Raising], Exploration | None] = {}
        self._handling: dict[int, bool] = {}
        self._deep = 0

    @property
    def by_key(self) -> dict[str, Lock]:
        """The locks that were asked for so far, by key."""
        return self._names.by_key

    def lock(self, node: cst.BaseExpression) -> Lock | None:
        """Return the lock that an expression stands for, None when it is none."""
        return self._names.lock(node)

    def path(self, node: cst.BaseExpression) -> str | None:
        """Return the identity of any primitive: its access path with the object left out, None for no path."""
        return self._names.path(node)

    def seen_from(self, call: cst.Call, lock: Lock) -> Lock | None:
        """Return a lock of the called function as the caller knows it, None where it can't."""
        return self._names.seen_from(call, lock)

    def assumed(self, function: Function) -> frozenset[str]:
        """Return the keys of the locks that a contract says are held when `function` is entered.

        `held_at` leaves them out: it tells what the function itself has taken.
        """
        return self._contracts.assumed(function)

    def event(self, op: Op) -> tuple[str, Lock] | None:
        """Return ("acquire" | "try" | "release", lock) for an operation on one lock."""
        node = op.node
        if op.kind in (OpKind.ENTER, OpKind.EXIT):
            assert isinstance(node, cst.WithItem)
            lock = self.lock(node.item)
            if lock is None:
                return None
            return ("acquire" if op.kind is OpKind.ENTER else "release"), lock
        if op.kind is not OpKind.CALL or not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
            return None
        name = node.func.attr.value
        if name not in _METHODS:
            return None
        if name == "enter_context":
            lock = self.lock(node.args[0].value) if node.args else None
            return ("acquire", lock) if lock is not None else None
        lock = self.lock(node.func.value)
        if lock is None:
            return None
        if name in ("release", "__exit__"):
            return "release", lock
        if lock.domain is Domain.ASYNCIO and not isinstance(self._module.tree.parent(node), cst.Await):
            return None  # the call only makes a coroutine
        waits = name == "__enter__" or attempt(self._module, node) is Attempt.WITH_LOCK
        return ("acquire" if waits else "try"), lock

    def step(self, op: Op, state: State) -> Iterable[tuple[State, tuple[tuple[str, bool], ...]]] | None:
        """Move a `Held` over an operation, for `explore`."""
        held: Held = state  # type: ignore[assignment]
        if op.kind not in (OpKind.CALL, OpKind.ENTER, OpKind.EXIT):
            return None
        event = self.event(op)
        if event is None:
            return self._by_effect(op, held)
        what, lock = event
        if what == "release":
            return ((_without(held, lock.key), ()),)
        taken = _with(held, lock.key, id(op.node))
        if what == "acquire":
            return ((taken, ((outcome(op.node), True),) if isinstance(op.node, cst.Call) else ()),)
        assert isinstance(op.node, cst.Call)
        name = outcome(op.node)
        return ((taken, ((name, True),)), (held, ((name, False),)))

    def _by_effect(self, op: Op, held: Held) -> Iterable[tuple[State, tuple[tuple[str, bool], ...]]] | None:
        effect = self._effect_of_op(op, held)
        if effect is NO_EFFECT or effect is None:
            return None
        for key in effect.releases:
            held = _without(held, key)
        for key in sorted(effect.acquires):
            held = _with(held, key, id(op.node))
        return ((held, ()),)

    def _effect_of_op(self, op: Op, held: Held) -> LockEffect | None:
        node = op.node
        if op.kind is OpKind.CALL:
            assert isinstance(node, cst.Call)
            return self._effect_of_call(node)
        assert isinstance(node, cst.WithItem)
        if op.kind is OpKind.EXIT:
            # Whatever its own entry took (a helper, an ExitStack's members, a class's __enter__) is given back.
            mine = {id(node), *self._entered_contexts(node)}
            return LockEffect(releases=frozenset(key for key, taker in held if taker in mine))
        return LockEffect(acquires=self._taken_by_manager(node.item))

    def _effect_of_call(self, call: cst.Call) -> LockEffect:
        function = self._module.called_function(call)
        if function is None or function.is_generator or function.is_async:
            return NO_EFFECT
        return self.effect(function)

    def _entered_contexts(self, item: cst.WithItem) -> set[int]:
        stack = item.asname.name if item.asname is not None else None
        if not isinstance(stack, cst.Name):
            return set()
        scope = self._module.tree.scope_of(item)
        return {
            id(call)
            for call in scope.calls
            if isinstance(call.func, cst.Attribute)
            and call.func.attr.value == "enter_context"
            and dotted_name(call.func.value) == stack.value
        }

    def _taken_by_manager(self, manager: cst.BaseExpression) -> frozenset[str]:
        """Return the locks held inside `with manager:` for helpers and classes of this module."""
        for value in self._module.values(manager):
            if isinstance(value, Instance) and value.cls is not None:
                for entering in self._module.resolver.members(value, "__enter__"):
                    if isinstance(entering, FunctionValue):
                        return self.effect(entering.function).acquires
        if isinstance(manager, cst.Call):
            function = self._module.called_function(manager)
            if function is not None and function.is_generator and function.has_decorator("contextmanager"):
                return self._held_at_yield(function)
        return frozenset()

    def _held_at_yield(self, function: Function) -> frozenset[str]:
        exploration = self.explored(function)
        found: list[frozenset[str]] = []

        def see(op: Op, states: Mapping[State, Facts]) -> None:
            if op.kind is OpKind.YIELD:
                found.extend(frozenset(key for key, _ in held) for held in states)  # type: ignore[attr-defined]

        if exploration is not None:
            exploration.visit(see)
        return frozenset.intersection(*found) if found else frozenset()

    def effect(self, function: Function) -> LockEffect:
        """Return what a call of `function` leaves locked or unlocked when it returns."""
        known = self._effects.get(id(function))
        if known is not None:
            return known
        if self._deep >= _DEEPEST_CALLS:
            return NO_EFFECT
        self._effects[id(function)] = NO_EFFECT  # what a recursive call sees
        self._deep += 1
        called = [effect for effect in map(self._effect_of_call, function.scope.calls) if effect != NO_EFFECT]
        self._deep -= 1
        if not called and not self.handles_locks(function):
            return NO_EFFECT
        exploration = self.explored(function)
        if exploration is None:
            return NO_EFFECT
        ends = [frozenset(key for key, _ in held) for held in exploration.ends(exploration.graph.returned)]  # type: ignore[attr-defined]
        acquires = frozenset.intersection(*ends) if ends else frozenset()
        releases = frozenset(
            event[1].key
            for op in exploration.graph.ops()
            if (event := self.event(op)) is not None and event[0] == "release" and op.kind is OpKind.CALL
        )
        taken = {
            event[1].key
            for op in exploration.graph.ops()
            if (event := self.event(op)) is not None and event[0] != "release"
        }
        releases = releases.union(*(effect.releases for effect in called))
        taken.update(*(effect.acquires for effect in called))
        found = LockEffect(acquires, releases - taken)
        self._effects[id(function)] = found if found != NO_EFFECT else NO_EFFECT
        return self._effects[id(function)]

    @functools.cached_property
    def handed_over(self) -> frozenset[str]:
        """The keys of locks that some function gives back without having taken them, or hands its `release` on."""
        found: set[str] = set()
        for scope in self._module.scopes:
            for attribute in scope.attributes:
                if attribute.attr.value not in ("release", "__exit__"):
                    continue
                parent = self._module.tree.parent(attribute)
                if isinstance(parent, cst.Call) and parent.func is attribute:
                    continue
                if (lock := self.lock(attribute.value)) is not None:
                    found.add(lock.key)
        for function in self._module.functions:
            if self.handles_locks(function):
                found.update(self.effect(function).releases)
        return frozenset(found)

    @functools.cached_property
    def left_taken(self) -> frozenset[str]:
        """The keys of locks that some function has still taken when it returns, on whatever path."""
        found: set[str] = set()
        for function in self._module.functions:
            exploration = self.explored(function) if self.handles_locks(function) else None
            if exploration is not None:
                for held in exploration.ends(exploration.graph.returned):
                    found.update(key for key, _ in held)  # type: ignore[attr-defined]
        return frozenset(found)

    def handles_locks(self, function: Function) -> bool:
        """Tell quickly whether the function's own code can take or release a lock at all."""
        key = id(function)
        if key not in self._handling:
            self._handling[key] = any(
                any(call.func.__class__ is cst.Attribute and call.func.attr.value in _METHODS for call in scope.calls)
                or any(self._may_take(item.item) for statement in scope.withs for item in statement.items)
                for scope in function.scopes
            )
        return self._handling[key]

    def _may_take(self, manager: cst.BaseExpression) -> bool:
        """Tell a lock, an object of this module's own classes or a helper of this module from any other manager."""
        if self.lock(manager) is not None:
            return True
        if any(isinstance(value, Instance) and value.cls is not None for value in self._module.values(manager)):
            return True
        function = self._module.called_function(manager) if isinstance(manager, cst.Call) else None
        return function is not None and function.is_generator

    def explored(self, function: Function, raising: Raising = Raising.STATEMENTS) -> Exploration | None:
        """Return which locks are held where in a function that starts with none; None when that is beyond reach."""
        key = id(function), raising
        if key not in self._explored:
            self._explored[key] = None
            graph = self._module.graph(function)
            if graph is not None:
                may_raise: dict[Raising, Callable[[Op], bool] | None] = {
                    Raising.STATEMENTS: None,
                    Raising.CALLS: self._module.may_raise,
                    Raising.ALL: lambda _op: True,
                }
                found = explore(graph, (), self.step, self._module.conditions, may_raise=may_raise[raising])
                self._explored[key] = found if found.complete else None
        return self._explored[key]

    def held_at(self, function: Function) -> dict[int, frozenset[str]]:
        """Return the keys of the locks that are surely held at each operation's node, by `id` of the node.

        Nodes that nothing leads to are left out.
        """
        exploration = self.explored(function)
        found = _held_in(exploration)
        # The body of a handler is often reached by nothing but a failing call, and at times by what seldom fails.
        for raising in (Raising.CALLS, Raising.ALL):
            if exploration is not None and any(id(op.node) not in found for op in exploration.graph.ops()):
                found = _held_in(self.explored(function, raising)) | found
        return found


def _held_in(exploration: Exploration | None) -> dict[int, frozenset[str]]:
    found: dict[int, frozenset[str]] = {}
    last: Mapping[State, Facts] = {}
    here: frozenset[str] = frozenset()

    def see(op: Op, states: Mapping[State, Facts]) -> None:
        nonlocal last, here
        if states is not last:  # most operations leave them as they are
            last = states
            here = frozenset.intersection(*(frozenset(key for key, _ in held) for held in states))  # type: ignore[attr-defined]
        before = found.get(id(op.node))
        found[id(op.node)] = here if before is None else before & here

    if exploration is not None:
        exploration.visit(see)
    return found


def _with(held: Held, key: str, taker: int) -> Held:
    if sum(k == key for k, _ in held) >= 3 or (key, taker) in held:
        return held
    return (*held, (key, taker))


def _without(held: Held, key: str) -> Held:
    for index in range(len(held) - 1, -1, -1):
        if held[index][0] == key:
            return held[:index] + held[index + 1 :]
    return held
