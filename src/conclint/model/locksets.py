"""Which locks are held where: what operations and calls do to locks, and the locksets that follow from it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import libcst as cst

from conclint.knowledge.schema import Domain
from conclint.memo import cached_property
from conclint.model.arguments import argument
from conclint.model.contracts import Contracts
from conclint.model.graph import Op, OpKind
from conclint.model.lock_effects import NO_EFFECT, STACK_METHODS, LockEffect, LockEffects, LockingDecorators
from conclint.model.locks import Lock, LockNames
from conclint.model.paths import Conditions, Exploration, Facts, State, explore, outcome
from conclint.model.settled import settled
from conclint.model.tries import Attempt, attempt
from conclint.model.values import Instance, LibraryMethod

if TYPE_CHECKING:
    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel

Held: TypeAlias = "tuple[tuple[str, int], ...]"
"""What is held, in the order of taking: (key of the lock, `id` of the node that took it)."""


_WORDS = {
    "acquire": "acquire",
    "release": "release",
    "__enter__": "acquire",
    "__exit__": "release",
    "acquire_lock": "acquire",  # an old name of _thread's
    "release_lock": "release",
    "acquire_read_lock": "acquire",
    "acquire_write_lock": "acquire",
    "release_read_lock": "release",
    "release_write_lock": "release",
}
_ENTERS = frozenset({"enter_context", "enter_async_context"})
_LOCKING = frozenset({OpKind.CALL, OpKind.ENTER, OpKind.EXIT})
_NOTHING: frozenset[str] = frozenset()
_METHODS = frozenset({*_WORDS, *_ENTERS})
_GIVING_BACK = frozenset({"release", "__exit__"})


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
        self._effects = LockEffects(module, self._names, self)
        self._conditions = Conditions(module.code, self._is_given_back_meanwhile)
        self._decorators = LockingDecorators(module, self._names, self)
        self._around: dict[int, tuple[tuple[str, cst.Decorator], ...]] = {}
        self._explored: dict[tuple[int, Raising], Exploration | None] = {}
        self._held: dict[int, dict[int, frozenset[str]]] = {}
        self._handling: dict[int, bool] = {}

    def let_go(self) -> None:
        """Drop all that was found out; much of it refers to each other in circles."""
        for room in (self._names, self._contracts, self._effects, self._decorators, self._conditions):
            vars(room).clear()
        vars(self).clear()

    @property
    def by_key(self) -> dict[str, Lock]:
        """The locks that were asked for so far, by key."""
        return self._names.by_key

    def told(self) -> dict[str, Lock]:
        """Return the locks that the module makes, for itself or for others, and those of which it was asked, by key."""
        for lock in self._names.of_module.values():
            self._names.note(lock)
        for cls in self._module.classes:
            for lock in self._names.of_class(cls).values():
                self._names.note(lock)
        return self._names.by_key

    def lock(self, node: cst.BaseExpression) -> Lock | None:
        """Return the lock that an expression stands for, None when it is none."""
        return self._names.lock(node)

    def property_of(self, node: cst.Attribute) -> Function | None:
        """Return the function that computes an attribute of an object of this module's classes."""
        return self._names.property_of(node)

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

    def assumes_unknown(self, function: Function) -> bool:
        """Tell whether a contract says that a lock is held when `function` is entered, but not which."""
        return self._contracts.assumes_unknown(function)

    def event(self, op: Op) -> tuple[str, Lock] | None:
        """Return ("acquire" | "try" | "release", lock) for an operation on one lock.

        The read half of a lock for readers and writers counts as the lock: a write under it is not noticed.
        """
        node = op.node
        if op.kind in (OpKind.ENTER, OpKind.EXIT):
            assert isinstance(node, cst.WithItem)
            lock = self._entered(node.item)
            if lock is None or (op.kind is OpKind.ENTER and self._has_it(node.item)):
                return None
            return ("acquire" if op.kind is OpKind.ENTER else "release"), lock
        if op.kind is not OpKind.CALL or not isinstance(node, cst.Call):
            return None
        name = _called_name(node)
        if name in _WORDS and isinstance(node.func, cst.Attribute):
            return self._called(node, _WORDS[name], self.lock(node.func.value))
        if name in _ENTERS:
            lock = self._entered(node.args[0].value) if node.args else None
            return ("acquire", lock) if lock is not None else None
        if name == "wait_for" and node.args and isinstance(inner := node.args[0].value, cst.Call):
            # asyncio.wait_for(lock.acquire(), 1) either has the lock or raises.
            if _called_name(inner) == "acquire" and isinstance(inner.func, cst.Attribute):
                lock = self.lock(inner.func.value)
                return ("acquire", lock) if lock is not None else None
        return None

    def _called(self, call: cst.Call, word: str, lock: Lock | None) -> tuple[str, Lock] | None:
        if lock is None:
            return None
        if word == "release":
            return word, lock
        if lock.domain is Domain.ASYNCIO and not isinstance(self._module.tree.parent(call), cst.Await):
            return None  # the call only makes a coroutine
        waits = not call.args or _called_name(call) == "__enter__" or attempt(self._module, call) is Attempt.WITH_LOCK
        return ("acquire" if waits else "try"), lock

    def _has_it(self, manager: cst.BaseExpression) -> bool:
        """Tell `with lock.acquire():` of locks whose acquire returns what gives them back."""
        return manager.__class__ is cst.Call and _called_name(manager) in _WORDS

    def _entered(self, manager: cst.BaseExpression) -> Lock | None:
        """Return the lock that `with` takes: what it enters, or the one whose method gives what it enters."""
        lock = self.lock(manager)
        if lock is not None or not isinstance(manager, cst.Call) or not isinstance(manager.func, cst.Attribute):
            return lock
        for value in self._module.values(manager.func):
            if isinstance(value, LibraryMethod):
                method = self._module.knowledge.method(value.receiver.type_name, value.name)
                if method is not None and method.enter in ("acquire", "acquire_shared"):
                    return self.lock(manager.func.value)
        return None

    def step(self, op: Op, state: State) -> Iterable[tuple[State, tuple[tuple[str, bool], ...]]] | None:
        """Move a `Held` over an operation, for `explore`."""
        held: Held = state  # type: ignore[assignment]
        if op.kind not in (OpKind.CALL, OpKind.ENTER, OpKind.EXIT):
            return None
        event = self.event(op)
        if event is None:
            if self._comes_true(op):
                return ((held, ((outcome(op.node), True),)),)  # type: ignore[arg-type]
            return self._by_effect(op, held)
        what, lock = event
        if what == "release":
            return ((_without(held, lock.key), ()),)
        taken = _with(held, lock.key, id(op.node))
        if what == "acquire":
            return ((taken, ((outcome(op.node), True),) if op.node.__class__ is cst.Call else ()),)
        assert isinstance(op.node, cst.Call)
        name = outcome(op.node)
        return ((taken, ((name, True),)), (held, ((name, False),)))

    def _comes_true(self, op: Op) -> bool:
        """Tell a wait for a condition or event without a limit, which only ever comes back true."""
        node = op.node
        if op.kind is not OpKind.CALL or not isinstance(node, cst.Call) or _called_name(node) not in ("wait", "wait_for"):
            return False
        for value in self._module.values(node.func):
            if isinstance(value, LibraryMethod):
                method = self._module.knowledge.method(value.receiver.type_name, value.name)
                blocks = method.blocks if method is not None else None
                return blocks is not None and blocks.on == "event" and argument(node, blocks.timeout) is None
        return False

    def _is_given_back_meanwhile(self, op: Op) -> bool:
        """Tell a wait on a condition."""
        func = op.node.func if op.node.__class__ is cst.Call and op.kind is OpKind.CALL else None
        if func.__class__ is not cst.Attribute or func.attr.value not in ("wait", "wait_for"):
            return False
        return self.lock(func.value) is not None

    def _by_effect(self, op: Op, held: Held) -> Iterable[tuple[State, tuple[tuple[str, bool], ...]]] | None:
        effect = self._effect_of_op(op, held)
        if effect == NO_EFFECT:
            return None
        for key in sorted(effect.releases):
            held = _without(held, key)
        for key in sorted(effect.acquires):
            held = _with(held, key, id(op.node))
        return ((held, ()),)

    def _effect_of_op(self, op: Op, held: Held) -> LockEffect:
        node = op.node
        if isinstance(node, cst.Call):
            if node.func.__class__ is cst.Attribute and node.func.attr.value in STACK_METHODS:
                return self._effects.of_stack(node, held)
            return self._effects.of_call(node)
        assert isinstance(node, cst.WithItem)
        if op.kind is OpKind.EXIT:
            return LockEffect(releases=self._effects.of_leaving(node, held))
        return LockEffect(acquires=self._effects.of_entering(node.item))

    def effect(self, function: Function) -> LockEffect:
        """Return what a call of `function` leaves locked or unlocked when it returns, in its own names."""
        return self._effects.of(function)

    def effect_of_call(self, call: cst.Call) -> LockEffect:
        """Return what a call leaves locked or unlocked, in the names of the code that makes it."""
        return self._effects.of_call(call)

    def around(self, function: Function) -> tuple[tuple[str, cst.Decorator], ...]:
        """Return the keys of the locks that decorators hold while the function's body runs, outermost first.

        `held_at` counts them as held; who calls the function takes them.
        """
        key = id(function)
        if key not in self._around:
            self._around[key] = ()
            self._around[key] = tuple(self._decorators.around(function))
        return self._around[key]

    @cached_property
    def handed_over(self) -> frozenset[str]:
        """The keys of locks that some function gives back without having taken them, or hands its `release` on."""
        found: set[str] = set()
        handing = not self._module.words.isdisjoint(_GIVING_BACK)
        for scope in self._module.scopes if handing else ():
            for attribute in scope.attributes:
                if attribute.attr.value not in _GIVING_BACK:
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

    @cached_property
    def left_taken(self) -> frozenset[str]:
        """The keys of locks that some function has still taken when it returns, on whatever path."""
        found: set[str] = set()
        for function in self._module.functions:
            exploration = self.explored(function) if self.handles_locks(function) else None
            if exploration is not None:
                for held in exploration.ends(exploration.graph.returned):
                    found.update(key for key, _ in held)  # type: ignore[attr-defined]
        return frozenset(found)

    @cached_property
    def are_handled(self) -> bool:
        """Whether the code of any function can take or release a lock."""
        return any(map(self.handles_locks, self._module.functions))

    def handles_locks(self, function: Function) -> bool:
        """Tell quickly whether the function's own code can take or release a lock at all."""
        key = id(function)
        if key not in self._handling:
            self._handling[key] = any(
                any(_called_name(call) in _METHODS for call in scope.calls)
                or any(self._may_take(item.item) for statement in scope.withs for item in statement.items)
                for scope in function.scopes
            ) or bool(self.around(function))
        return self._handling[key]

    def may_hold(self, function: Function) -> bool:
        """Tell whether a lock may be held anywhere in the function's own code: it handles one, or calls what leaves one."""
        return self.handles_locks(function) or any(
            self._effects.of_call(call) != NO_EFFECT for scope in function.scopes for call in scope.calls
        )

    def _may_take(self, manager: cst.BaseExpression) -> bool:
        """Tell a lock, an object of this module's own classes or a helper of this module from any other manager."""
        if self._entered(manager) is not None:
            return True
        if any(isinstance(value, Instance) and value.cls is not None for value in self._module.values(manager)):
            return True
        function = self._module.called_function(manager) if isinstance(manager, cst.Call) else None
        return function is not None and function.is_generator

    def explored(self, function: Function, raising: Raising = Raising.STATEMENTS) -> Exploration | None:
        """Return which locks are held where in a function that starts with none but those of its decorators.

        None when that is beyond reach.
        """
        key = id(function), raising
        if key not in self._explored:
            self._explored[key] = None
            graph = self._module.graph(function)
            start: Held = tuple((held, id(decorator)) for held, decorator in self.around(function))
            if graph is not None:
                may_raise: dict[Raising, Callable[[Op], bool] | None] = {
                    Raising.STATEMENTS: None,
                    Raising.CALLS: self._module.may_raise,
                    Raising.ALL: lambda _op: True,
                }
                facts = settled(self._module, graph)
                conditions = self._conditions
                found = explore(
                    graph, start, self.step, conditions, may_raise=may_raise[raising], facts=facts, concerns=_LOCKING
                )
                self._explored[key] = found if found.complete else None
        return self._explored[key]

    def held_at(self, function: Function) -> dict[int, frozenset[str]]:
        """Return the keys of the locks that are surely held at each operation's node, by `id` of the node.

        Nodes that nothing leads to are left out.
        """
        key = id(function)
        if key not in self._held:
            self._held[key] = self._held_at(function)
        return self._held[key]

    def _held_at(self, function: Function) -> dict[int, frozenset[str]]:
        if not self.may_hold(function):
            graph = self._module.graph(function)
            return dict.fromkeys((id(op.node) for op in graph.reachable()), _NOTHING) if graph is not None else {}
        exploration = self.explored(function)
        found = _held_in(exploration)
        # The body of a handler is often reached by nothing but a failing call, and at times by what seldom fails.
        for raising in (Raising.CALLS, Raising.ALL):
            if exploration is not None and any(id(op.node) not in found for op in exploration.graph.ops()):
                found = _held_in(self.explored(function, raising)) | found
        return found


def _called_name(call: cst.Call) -> str:
    func = call.func
    return func.attr.value if func.__class__ is cst.Attribute else func.value if func.__class__ is cst.Name else ""


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
