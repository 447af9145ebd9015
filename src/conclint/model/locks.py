"""Which lock an expression is, and which are held where.

A lock's identity is its access path with the object left out: `self._lock` of class C is the same lock class in
every method of C, as lockdep and Infer see it. `Condition(lock)` is an alias of its lock.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import libcst as cst

from conclint.knowledge.schema import Domain, Primitive
from conclint.model.arguments import argument
from conclint.model.graph import Op, OpKind
from conclint.model.paths import Exploration, Facts, State, explore, outcome
from conclint.model.values import NONE, UNKNOWN, ClassValue, FunctionValue, Instance, Symbol, Value, Values
from conclint.syntax import BindingKind, ScopeKind
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel

LOCKING = frozenset({Primitive.LOCK, Primitive.SEMAPHORE, Primitive.CONDITION})
_DEEPEST_CALLS = 40
_SOUNDS_LIKE_A_LOCK = ("lock", "mutex", "cond", "sem", "guard")

Held: TypeAlias = "tuple[tuple[str, int], ...]"
"""What is held, in the order of taking: (key of the lock, `id` of the node that took it)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Lock:
    """A lock by its identity. `kind` is None when only its name says that it is one.

    A lock whose type is not known counts as re-entrant, as in Infer: unknown means silent.
    """

    key: str
    label: str
    kind: Primitive | None
    reentrant: bool
    domain: Domain = Domain.THREAD


@dataclasses.dataclass(frozen=True, slots=True)
class LockEffect:
    """What a call of a function leaves behind: locks it has taken, locks of its caller it has released."""

    acquires: frozenset[str] = frozenset()
    releases: frozenset[str] = frozenset()


NO_EFFECT = LockEffect()


class Locks:
    """Answers about the locks of one module."""

    def __init__(self, module: ModuleModel) -> None:
        self._module = module
        self._locks: dict[int, Lock | None] = {}
        self._effects: dict[int, LockEffect] = {}
        self._explored: dict[tuple[int, bool], Exploration | None] = {}
        self.by_key: dict[str, Lock] = {}
        self._deep = 0

    def lock(self, node: cst.BaseExpression) -> Lock | None:
        """Return the lock that an expression stands for, None when it is none."""
        if id(node) not in self._locks:
            self._locks[id(node)] = None
            found = self._locks[id(node)] = self._identify(node)
            if found is not None:
                self.by_key.setdefault(found.key, found)
        return self._locks[id(node)]

    def _identify(self, node: cst.BaseExpression) -> Lock | None:
        values = self._values(node)
        path = self._path(node)
        instance = next((v for v in values if isinstance(v, Instance) and _is_locking(v)), None)
        if instance is None:
            name = dotted_name(node).rpartition(".")[2].lower()
            if all(map(_is_no_lock, values)) or path is None or not any(word in name for word in _SOUNDS_LIKE_A_LOCK):
                return None
            return Lock(path, dotted_name(node), None, reentrant=True)
        if any(isinstance(v, Instance) and not _is_locking(v) for v in values):
            return None
        return self._guard_of(instance) or self._described(node, instance, path)

    def _described(self, node: cst.BaseExpression, instance: Instance, path: str | None) -> Lock | None:
        facts = instance.facts
        assert facts is not None
        if path is None and instance.site is not None:
            path = f"<{id(instance.site.call)}>"
        if path is None:
            return None
        reentrant = facts.reentrant if facts.reentrant is not None else True
        if facts.kind is Primitive.CONDITION and instance.site is not None:
            guard = argument(instance.site.call, facts.guarded_by)
            reentrant = guard is None or self._reentrant(guard.value)
        return Lock(path, dotted_name(node) or "lock", facts.kind, reentrant, facts.domain)

    def _values(self, node: cst.BaseExpression) -> Values:
        """Return what an expression may be; an attribute of an unknown object is what its only class makes it.

        When one class of the module alone has an attribute of that name, and it holds a lock there, an object that is
        asked for this attribute and locked through it is taken for one of that class.
        """
        values = self._module.values(node)
        if not isinstance(node, cst.Attribute) or any(value is not UNKNOWN for value in values):
            return values
        name = node.attr.value
        owners = [cls for cls in self._module.classes if name in cls.attributes or name in cls.methods]
        if len(owners) != 1 or len(self._module.values(node.value)) != 1:
            return values
        (owner,) = owners
        return self._module.resolver.members(self._module.resolver.instance_of(owner), name)

    def _reentrant(self, node: cst.BaseExpression) -> bool:
        return not any(
            isinstance(value, Instance) and value.facts is not None and value.facts.reentrant is False
            for value in self._module.values(node)
        )

    def _guard_of(self, instance: Instance) -> Lock | None:
        """Return the lock that a condition was made with, when that has a name of its own."""
        if instance.site is None or instance.facts is None or instance.facts.guarded_by is None:
            return None
        guard = argument(instance.site.call, instance.facts.guarded_by)
        if guard is None or not dotted_name(guard.value):
            return None
        return self.lock(guard.value)

    def _path(self, node: cst.BaseExpression) -> str | None:
        """Return the access path of a lock with the object left out, None for no path."""
        if isinstance(node, cst.Name):
            return self._variable_path(node)
        if isinstance(node, cst.Attribute):
            return self._attribute_path(node)
        return None

    def _variable_path(self, node: cst.Name) -> str | None:
        scope = self._module.tree.scope_of(node)
        owner = scope.owner(node.value)
        if owner is None:
            return f"?.{node.value}"
        bindings = owner.bindings.get(node.value, [])
        if (
            len(bindings) == 1
            and bindings[0].kind is BindingKind.ASSIGN
            and isinstance(bindings[0].value, (cst.Attribute, cst.Name))
            and not bindings[0].path
        ):
            return self._path(bindings[0].value)
        if bindings and all(b.kind in (BindingKind.IMPORT, BindingKind.IMPORT_FROM) for b in bindings):
            return bindings[0].qualified
        if owner.kind is ScopeKind.MODULE:
            return f"global {node.value}"
        return f"{owner.qualified_name}:{node.value}"

    def _attribute_path(self, node: cst.Attribute) -> str | None:
        name = node.attr.value
        for value in self._module.values(node.value):
            if isinstance(value, (Instance, ClassValue)) and value.cls is not None:
                owner = self._owner_of(value, name)
                base = dotted_name(node.value)
                function = self._module.function_at(node)
                here = base == function.receiver_name if function is not None else False
                outer = function is not None and not here and self._is_captured_receiver(function, base)
                other = "" if here or outer or isinstance(value, ClassValue) else f"@{base}"
                return f"{owner}.{name}{other}"
        base = dotted_name(node.value)
        if not base:
            return None
        root = base.partition(".")[0]
        scope = self._module.tree.scope_of(node)
        owner_scope = scope.owner(root)
        where = owner_scope.qualified_name if owner_scope is not None else "?"
        return f"{where}:{base}.{name}"

    def _is_captured_receiver(self, function: Function, name: str) -> bool:
        owner = function.scope.owner(name)
        outside = self._module.function_of(owner) if owner is not None else None
        return outside is not None and outside.receiver_name == name

    def _owner_of(self, value: Instance | ClassValue, name: str) -> str:
        assert value.cls is not None
        for cls in self._module.resolver.mro(value.cls):
            if name in cls.attributes:
                return cls.qualified_name
        return value.cls.qualified_name

    # what operations do to locks

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
        if name not in ("acquire", "release", "__enter__", "__exit__", "enter_context"):
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
        return ("acquire" if name == "__enter__" or _waits(node) else "try"), lock

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

    def handles_locks(self, function: Function) -> bool:
        """Tell quickly whether the function's own code can take or release a lock at all."""
        names = {"acquire", "release", "enter_context", "__enter__", "__exit__"}
        for scope in (function.scope, *_comprehensions(function)):
            if scope.withs:
                return True
            for call in scope.calls:
                if isinstance(call.func, cst.Attribute) and call.func.attr.value in names:
                    return True
        return False

    def explored(self, function: Function, *, implicit: bool = False) -> Exploration | None:
        """Return which locks are held where in a function that starts with none; None when that is beyond reach.

        With `implicit`, calls and the like may raise as well as `raise` statements.
        """
        key = id(function), implicit
        if key not in self._explored:
            self._explored[key] = None
            graph = self._module.graph(function)
            if graph is not None:
                may_raise: Callable[[Op], bool] | None = self._module.may_raise if implicit else None
                found = explore(graph, (), self.step, self._module.conditions, may_raise=may_raise)
                self._explored[key] = found if found.complete else None
        return self._explored[key]

    def held_at(self, function: Function) -> dict[int, frozenset[str]]:
        """Return the keys of the locks that are surely held at each operation's node, by `id` of the node.

        Nodes that nothing leads to are left out.
        """
        exploration = self.explored(function)
        found = _held_in(exploration)
        if exploration is not None and any(id(op.node) not in found for op in exploration.graph.ops()):
            # The body of a handler is often reached by nothing but a failing call.
            found = _held_in(self.explored(function, implicit=True)) | found
        return found


def _held_in(exploration: Exploration | None) -> dict[int, frozenset[str]]:
    found: dict[int, frozenset[str]] = {}

    def see(op: Op, states: Mapping[State, Facts]) -> None:
        here = frozenset.intersection(*(frozenset(key for key, _ in held) for held in states))  # type: ignore[attr-defined]
        before = found.get(id(op.node))
        found[id(op.node)] = here if before is None else before & here

    if exploration is not None:
        exploration.visit(see)
    return found


def _comprehensions(function: Function) -> list:  # type: ignore[type-arg]
    return [child for child in function.scope.children if child.kind is ScopeKind.COMPREHENSION]


def _is_no_lock(value: Value) -> bool:
    """Tell what surely is none; a name that another module of the program exports may be one."""
    if isinstance(value, Symbol):
        return value.name.partition(".")[0] in sys.stdlib_module_names
    return value is not UNKNOWN and value != NONE


def _is_locking(value: Value) -> bool:
    return isinstance(value, Instance) and value.facts is not None and value.facts.kind in LOCKING


def _waits(call: cst.Call) -> bool:
    """Tell an acquire that only returns with the lock: no arguments, or `blocking=True` alone."""
    if not call.args:
        return True
    if len(call.args) > 1:
        return False
    given = call.args[0]
    named = given.keyword is None or given.keyword.value == "blocking"
    return named and isinstance(given.value, cst.Name) and given.value.value == "True"


def _with(held: Held, key: str, taker: int) -> Held:
    if sum(k == key for k, _ in held) >= 3 or (key, taker) in held:
        return held
    return (*held, (key, taker))


def _without(held: Held, key: str) -> Held:
    for index in range(len(held) - 1, -1, -1):
        if held[index][0] == key:
            return held[:index] + held[index + 1 :]
    return held
