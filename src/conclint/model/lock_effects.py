"""What calls, context managers and decorators do to the locks of the code that uses them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.model.contracts import says_it_locks
from conclint.model.graph import Op, OpKind
from conclint.model.locks import Lock
from conclint.model.passing import given_for
from conclint.model.values import ClassValue, FunctionValue, Instance, Symbol
from conclint.syntax import BindingKind
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from conclint.model.definitions import Class, Function
    from conclint.model.locks import LockNames
    from conclint.model.locksets import Held, Locks
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Facts, State
    from conclint.syntax import Scope

_DEEPEST_CALLS = 40
_ENTERS = frozenset({"enter_context", "enter_async_context"})
_PUSHES = frozenset({"callback", "push", "push_async_callback", "push_async_exit"})
_CLOSES = frozenset({"close", "aclose", "__exit__", "__aexit__"})
_GIVING_BACK = frozenset({"release", "__exit__", "__aexit__"})
STACK_METHODS = _ENTERS | _PUSHES | _CLOSES


class LockEffect(msgspec.Struct, frozen=True):
    """What a call of a function leaves behind: locks it has taken, locks of its caller it has released."""

    acquires: frozenset[str] = frozenset()
    releases: frozenset[str] = frozenset()


NO_EFFECT = LockEffect()


class LockEffects:
    """Tells what running functions of one module does to locks, in the caller's names for these."""

    def __init__(self, module: ModuleModel, names: LockNames, locks: Locks) -> None:
        self._module = module
        self._names = names
        self._locks = locks
        self._effects: dict[int, LockEffect] = {}
        self._at_yield: dict[int, frozenset[str]] = {}
        self._stacks: dict[tuple[int, str], tuple[set[int], frozenset[str]]] = {}
        self._deep = 0

    # functions

    def of(self, function: Function) -> LockEffect:
        """Return what a call of `function` leaves locked or unlocked when it returns, in its own names."""
        known = self._effects.get(id(function))
        if known is not None:
            return known
        if self._deep >= _DEEPEST_CALLS or not self._locks.are_handled:
            return NO_EFFECT
        self._effects[id(function)] = NO_EFFECT  # what a recursive call sees
        self._deep += 1
        called = [effect for effect in map(self.of_call, function.scope.calls) if effect != NO_EFFECT]
        self._deep -= 1
        if not called and not self._locks.handles_locks(function):
            return NO_EFFECT
        found = self._explored(function, called)
        self._effects[id(function)] = found if found != NO_EFFECT else NO_EFFECT
        return self._effects[id(function)]

    def _explored(self, function: Function, called: list[LockEffect]) -> LockEffect:
        exploration = self._locks.explored(function)
        if exploration is None:
            return NO_EFFECT
        ends = [_keys(held) for held in exploration.ends(exploration.graph.returned)]
        acquires = frozenset.intersection(*ends) if ends else frozenset()
        events = [(op, event) for op in exploration.graph.ops() if (event := self._locks.event(op)) is not None]
        releases = frozenset(lock.key for op, (what, lock) in events if what == "release" and op.kind is OpKind.CALL)
        taken = {lock.key for _, (what, lock) in events if what != "release"}
        releases = releases.union(*(effect.releases for effect in called))
        taken.update(*(effect.acquires for effect in called))
        around = {key for key, _ in self._locks.around(function)}
        return LockEffect(acquires - around, releases - taken - around)

    def of_call(self, call: cst.Call) -> LockEffect:
        """Return what a call leaves locked or unlocked, in the names of the code that makes it."""
        if not self._locks.are_handled:
            return NO_EFFECT
        function = self._module.called_function(call)
        if function is None or function.is_generator:
            return NO_EFFECT
        if function.is_async and not isinstance(self._module.tree.parent(call), cst.Await):
            return NO_EFFECT  # the call only makes a coroutine
        effect = self.of(function)
        if effect == NO_EFFECT:
            return NO_EFFECT
        base = call.func.value if isinstance(call.func, cst.Attribute) else None
        return LockEffect(
            self._seen(effect.acquires, function, call, base), self._seen(effect.releases, function, call, base)
        )

    def _seen(
        self, keys: frozenset[str], function: Function, call: cst.Call | None, base: cst.BaseExpression | None
    ) -> frozenset[str]:
        return frozenset(self._seen_key(key, function, call, base) for key in keys)

    def _seen_key(
        self, key: str, function: Function, call: cst.Call | None, base: cst.BaseExpression | None
    ) -> str:
        """Return a called function's key of a lock in the names of the caller; where that has none, the same key.

        So two calls that can't be told apart are taken to lock the same, which at worst keeps rules silent.
        """
        lock = self._names.by_key.get(key)
        if lock is None:
            return key
        given: cst.BaseExpression | None = None
        if lock.parameter and call is not None and key == self._names.key_of_parameter(function, lock.parameter):
            given = dict(given_for(function, call)).get(lock.parameter)
        elif lock.of_self and isinstance(base, cst.Call):
            given = self._given_to_constructor(base, key.rpartition(".")[2])
        if given is not None and (passed := self._names.lock(given)) is not None:
            return passed.key
        seen = self._names.through(lock, base)
        if seen is None:
            return key
        self._names.note(seen)
        return seen.key

    def _given_to_constructor(self, call: cst.Call, attribute: str) -> cst.BaseExpression | None:
        """Return the argument that the object which a call makes keeps in an attribute: `Guard(lock)`."""
        for value in self._module.values(call.func):
            if not isinstance(value, ClassValue):
                continue
            bindings = [b for cls in self._module.resolver.mro(value.cls) for b in cls.attributes.get(attribute, ())]
            if len(bindings) != 1 or not isinstance(bindings[0].value, cst.Name):
                return None
            function = self._module.function_of(bindings[0].scope)
            if function is not None and function.name == "__init__":
                return dict(given_for(function, call)).get(bindings[0].value.value)
        return None

    # context managers

    def of_entering(self, manager: cst.BaseExpression) -> frozenset[str]:
        """Return the locks held inside `with manager:` for helpers and classes of this module."""
        for value in self._module.values(manager):
            if isinstance(value, Instance) and value.cls is not None:
                for name in ("__enter__", "__aenter__"):
                    for entering in self._module.resolver.members(value, name):
                        if isinstance(entering, FunctionValue):
                            function = entering.function
                            return self._seen(self.of(function).acquires, function, None, manager)
        if isinstance(manager, cst.Call):
            helper = self._module.called_function(manager)
            if helper is not None and helper.is_generator and helper.has_decorator("contextmanager", "asynccontextmanager"):
                base = manager.func.value if isinstance(manager.func, cst.Attribute) else None
                return self._seen(self._held_at_yield(helper), helper, manager, base)
        return frozenset()

    def _held_at_yield(self, function: Function) -> frozenset[str]:
        key = id(function)
        if key not in self._at_yield:
            self._at_yield[key] = frozenset()
            exploration = self._locks.explored(function)
            found: list[frozenset[str]] = []

            def see(op: Op, states: Mapping[State, Facts]) -> None:
                if op.kind is OpKind.YIELD:
                    found.extend(map(_keys, states))

            if exploration is not None:
                exploration.visit(see)
            self._at_yield[key] = frozenset.intersection(*found) if found else frozenset()
        return self._at_yield[key]

    def of_leaving(self, item: cst.WithItem, held: Held) -> frozenset[str]:
        """Return what the end of a `with` gives back: what its own entry took, or what was put on its stack."""
        entered, pushed = self._on_stack(item.asname.name if item.asname is not None else None)
        mine = {id(item), *entered}
        return pushed | frozenset(key for key, taker in held if taker in mine)

    def of_stack(self, call: cst.Call, held: Held) -> LockEffect:
        """Return what a method of an `ExitStack` does: it enters a helper, or ends what was put on the stack."""
        assert isinstance(call.func, cst.Attribute)
        name = call.func.attr.value
        if name in _ENTERS and call.args:
            return LockEffect(acquires=self.of_entering(call.args[0].value))
        if name in _CLOSES:
            entered, pushed = self._on_stack(call.func.value)
            return LockEffect(releases=pushed | frozenset(key for key, taker in held if taker in entered))
        return NO_EFFECT

    def _on_stack(self, stack: cst.CSTNode | None) -> tuple[set[int], frozenset[str]]:
        """Return the calls that enter something on a stack, by `id`, and the locks whose release is put on it."""
        name = dotted_name(stack) if stack is not None else ""
        if stack is None or not name:
            return set(), frozenset()
        scope = self._module.tree.scope_of(stack)
        key = id(scope), name
        if key not in self._stacks:
            self._stacks[key] = self._found_on_stack(scope, name)
        return self._stacks[key]

    def _found_on_stack(self, scope: Scope, name: str) -> tuple[set[int], frozenset[str]]:
        entered: set[int] = set()
        pushed: set[str] = set()
        for call in scope.calls:
            func = call.func
            if not isinstance(func, cst.Attribute) or not call.args or dotted_name(func.value) != name:
                continue
            if func.attr.value in _ENTERS:
                entered.add(id(call))
            elif func.attr.value in _PUSHES:
                given = call.args[0].value
                if isinstance(given, cst.Attribute) and given.attr.value in _GIVING_BACK:
                    given = given.value
                if (lock := self._names.lock(given)) is not None:
                    pushed.add(lock.key)
        return entered, frozenset(pushed)


class LockingDecorators:
    """Tells which locks the decorators of a function hold while its body runs."""

    def __init__(self, module: ModuleModel, names: LockNames, locks: Locks) -> None:
        self._module = module
        self._names = names
        self._locks = locks

    def around(self, function: Function) -> Iterator[tuple[str, cst.Decorator]]:
        """Yield the keys of the locks, outermost decorator first."""
        if function.node.__class__ is cst.FunctionDef:
            for decorator in function.node.decorators:
                for key in self._held_by(decorator.decorator, function):
                    yield key, decorator

    def _held_by(self, decorator: cst.BaseExpression, function: Function) -> Iterator[str]:
        call = decorator if decorator.__class__ is cst.Call else None
        named = call.func if call is not None else decorator
        for value in self._module.values(named):
            if isinstance(value, FunctionValue):
                bound = isinstance(named, cst.Attribute)
                yield from self._held_by_wrapper(value.function, call, function, bound=bound)
            elif isinstance(value, Symbol) and (facts := self._module.knowledge.decorator(value.name)) is not None:
                if facts.holds is not None and function.cls is not None:
                    yield self._attribute(function.cls, facts.holds)
            elif says_it_locks(dotted_name(named)):
                yield self._by_name(dotted_name(named), function)

    def _by_name(self, name: str, function: Function) -> str:
        """Return the lock of a decorator of another module that says that it takes one: the only one of the class, if any."""
        locks = {lock.key for lock in self._names.of_class(function.cls).values()} if function.cls is not None else set()
        if len(locks) == 1:
            return locks.pop()
        key = f"@{name} {function.cls.qualified_name if function.cls is not None else ''}"
        self._names.note(Lock(key, f"@{name}", None, reentrant=True))
        return key

    def _held_by_wrapper(
        self, made: Function, call: cst.Call | None, function: Function, *, bound: bool
    ) -> Iterator[str]:
        """`made` is the decorator, or, where it is called, the function that makes it.

        A decorator that a class defines for its own methods is no method yet where the body of the class uses it by name.
        """
        inner = list(self._inner(made)) if call is not None else [made]
        for decorating in inner:
            parameters = [parameter.name.value for parameter in decorating.parameters]
            if decorating.receiver_name is not None and bound:
                parameters = parameters[1:]
            for wrapper in self._inner(decorating) if parameters else ():
                if not self._locks.handles_locks(wrapper):
                    continue
                held = self._held_around(wrapper, decorating, parameters[0])
                for key in sorted(held):
                    yield self._seen_from(key, function, wrapper, decorating, made, call)

    def _inner(self, outer: Function) -> Iterator[Function]:
        """Yield the functions inside another one that it gives back."""
        names = {dotted_name(returned) for returned in outer.returns}
        for scope in outer.scope.children:
            inner = self._module.function_of(scope)
            if inner is not None and inner is not outer and inner.scope is scope and inner.name in names:
                yield inner

    def _held_around(self, wrapper: Function, decorating: Function, parameter: str) -> frozenset[str]:
        """Return what a wrapper holds wherever it calls the function that it wraps."""
        held = self._locks.held_at(wrapper)
        found = [
            held.get(id(call), frozenset())
            for call in wrapper.scope.calls
            if isinstance(call.func, cst.Name)
            and call.func.value == parameter
            and wrapper.scope.owner(parameter) is decorating.scope
        ]
        return frozenset.intersection(*found) if found else frozenset()

    def _seen_from(
        self, key: str, function: Function, wrapper: Function, decorating: Function, made: Function, call: cst.Call | None
    ) -> str:
        """Return a wrapper's key of a lock in the names of the function that is wrapped."""
        lock = self._names.by_key[key]
        if lock.parameter and call is not None and key == self._names.key_of_parameter(made, lock.parameter):
            given = dict(given_for(made, call)).get(lock.parameter)
            passed = self._names.lock(given) if given is not None else None
            return passed.key if passed is not None else key
        where, colon, path = key.partition(":")
        if colon and where == wrapper.qualified_name:
            root, _, attribute = path.partition(".")
            if attribute and function.cls is not None and self._is_receiver(wrapper, root):
                return self._attribute(function.cls, attribute)
        if colon and where == decorating.qualified_name:
            return self._own(key, f"{key} of {function.qualified_name}")
        return key

    def _is_receiver(self, wrapper: Function, name: str) -> bool:
        """Tell the first argument of a wrapper, be it a parameter or the first of `*args`."""
        parameters = [parameter for parameter in wrapper.parameters if not parameter.star]
        if parameters and parameters[0].name.value == name:
            return True
        bindings = wrapper.scope.bindings.get(name, [])
        value = bindings[0].value if len(bindings) == 1 and bindings[0].kind is BindingKind.ASSIGN else None
        return isinstance(value, cst.Subscript) and self._module.code(value.slice[0].slice) == "0"

    def _attribute(self, cls: Class, name: str) -> str:
        known = self._names.of_class(cls).get(name)
        return known.key if known is not None else self._names.attribute_of(cls, name).key

    def _own(self, key: str, own: str) -> str:
        self._names.note(msgspec.structs.replace(self._names.by_key[key], key=own))
        return own


def _keys(state: State) -> frozenset[str]:
    held: Held = state  # type: ignore[assignment]
    return frozenset(key for key, _ in held)
