"""Where a module takes locks, for the program's lock order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.model.escape import fate_of_variable
from conclint.model.graph import OpKind
from conclint.model.lock_effects import NO_EFFECT
from conclint.model.locksets import Raising
from conclint.model.memory import once_per_module
from conclint.program.summary import LockFact
from conclint.syntax import BindingKind
from conclint.syntax.children import is_a

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conclint.draft import Place
    from conclint.model import Function, ModuleModel
    from conclint.model.graph import Op
    from conclint.model.locks import Lock
    from conclint.model.locksets import Held
    from conclint.model.paths import Exploration, Facts, State
    from conclint.program.keys import Keys

_MOST_WAYS = 4
_ORDERING = frozenset({"sorted", "min", "max", "id"})
_COMPARING = frozenset({cst.LessThan, cst.GreaterThan, cst.LessThanEqual, cst.GreaterThanEqual})
_TAKING = frozenset({OpKind.CALL, OpKind.ENTER})
_METHODS = frozenset({"acquire", "release", "enter_context", "__enter__", "__exit__"})


class Acquisition(msgspec.Struct, frozen=True):
    """A lock is taken at `node` while those with the keys `held` are held on some path, and `surely` on each."""

    lock: Lock
    held: frozenset[str]
    surely: frozenset[str]
    node: cst.CSTNode
    tried: bool
    timed: bool
    ordered: bool


def touches_locks(model: ModuleModel) -> Iterator[Function]:
    """Yield the functions in which a lock may be held: they take or release one, or call what does so for them."""
    own = [function for function in model.functions if _takes_or_releases(model, function)]
    yield from own
    if not own:
        return
    seen = set(map(id, own))
    for function in model.functions:
        if id(function) not in seen and _is_locked_by_callees(model, function):
            yield function


def _takes_or_releases(model: ModuleModel, function: Function) -> bool:
    locks = model.locks
    if not locks.handles_locks(function):
        return False
    for scope in function.scopes:
        for statement in scope.withs:
            if any(locks.lock(item.item) is not None for item in statement.items):
                return True
        for call in scope.calls:
            func = call.func
            if is_a(func, cst.Attribute) and func.attr.value in _METHODS:
                if func.attr.value == "enter_context" or locks.lock(func.value) is not None:
                    return True
    return False


def _is_locked_by_callees(model: ModuleModel, function: Function) -> bool:
    if model.locks.handles_locks(function):
        return True
    for scope in function.scopes if model.locks.are_handled else ():
        for call in scope.calls:
            called = model.called_function(call)
            if called is not None and model.locks.effect(called) != NO_EFFECT:
                return True
    return False


def acquisitions(model: ModuleModel, function: Function) -> Iterator[Acquisition]:
    """Yield every acquire in a function's own code with what is held then, once for each different way to get there.

    A function that releases what it has not taken gives back its caller's lock for a while; that it takes it
    again is no further acquire.
    """
    outer: frozenset[str] = frozenset()
    for key, decorator in model.locks.around(function):
        yield Acquisition(model.locks.by_key[key], outer, outer, decorator, tried=False, timed=False, ordered=False)
        outer |= {key}
    exploration = _exploration(model, function)
    if exploration is None:
        return
    found: dict[int, tuple[Op, Lock, bool, dict[frozenset[str], None]]] = {}
    given_back: set[str] = set()

    def see(op: Op, states: Mapping[State, Facts]) -> None:
        event = model.locks.event(op) if op.kind in _TAKING else None
        if event is None:
            return
        if event[0] == "release":
            if states and not any(event[1].key == key for state in states for key, _ in state):  # type: ignore[attr-defined]
                given_back.add(event[1].key)
            return
        tried = event[0] == "try" or _is_on_demand(op.node)
        ways = found.setdefault(id(op.node), (op, event[1], tried, {}))[3]
        for state in states:
            held: Held = state  # type: ignore[assignment]
            # What this very acquire has taken before, and nobody has given back, is a leak and no order.
            ways[frozenset(key for key, taker in held if taker != id(op.node))] = None

    exploration.visit(see)
    ordered = bool(found) and puts_in_order(model, function)
    for op, lock, tried, ways in found.values():
        if lock.key in given_back:
            continue
        surely = frozenset.intersection(*ways)
        for keys in list(ways)[:_MOST_WAYS]:
            yield Acquisition(lock, keys, surely, op.node, tried, tried and _is_timed(op.node), ordered)


def _exploration(model: ModuleModel, function: Function) -> Exploration | None:
    graph = model.graph(function)
    if graph is None or not any(op.kind in _TAKING and model.locks.event(op) is not None for op in graph.ops()):
        return None
    return model.locks.explored(function, Raising.CALLS) or model.locks.explored(function)


def _is_on_demand(node: cst.CSTNode) -> bool:
    """Tell `with lock if wanted else nullcontext():`, where the caller knows whether it may wait for the lock."""
    return isinstance(node, cst.WithItem) and isinstance(node.item, cst.IfExp)


def _is_timed(node: cst.CSTNode) -> bool:
    """Tell an acquire that waits, if not for ever: a timeout is given, or `blocking` is not plainly false."""
    if not isinstance(node, cst.Call) or not node.args:
        return False
    return len(node.args) > 1 or any(one.keyword is not None and one.keyword.value == "timeout" for one in node.args)


def makers(model: ModuleModel) -> dict[str, cst.Call]:
    """Return the calls that make the locks of classes and of the module, by key, where that is one call."""
    classes = {cls.qualified_name: cls for cls in model.classes}
    found = {}
    for key in model.locks.told():
        owner, _, name = key.rpartition(".")
        bindings = classes[owner].attributes.get(name, []) if owner in classes else []
        if key.startswith("global "):
            bindings = model.tree.root.bindings.get(key.removeprefix("global "), [])
        calls = [binding.value for binding in bindings if isinstance(binding.value, cst.Call)]
        if len(calls) == 1:
            found[key] = calls[0]
    return found


def lock_facts(model: ModuleModel, keys: Keys, made: Mapping[str, Place]) -> Iterator[LockFact]:
    """Yield the locks that a module speaks of, and those that it makes for others to use."""
    classes = {cls.qualified_name: keys.of_class(cls) for cls in model.classes}
    own = {
        f"{cls.qualified_name}.{name}"
        for cls in model.classes
        for name, bindings in cls.attributes.items()
        if all(binding.value.__class__ is cst.Call for binding in bindings)
    }
    handed_over = model.locks.handed_over
    for key, lock in sorted(model.locks.told().items()):
        owner, _, attribute = re.split(r"[@\[]", key, maxsplit=1)[0].rpartition(".")
        of_class = owner in classes and ":" not in key  # else it is what a local of a method holds
        symbol = "" if of_class or key.startswith(("global ", "<", "?")) or ":" in key else key
        yield LockFact(
            keys.of_lock(key),
            lock.label,
            lock.kind,
            lock.reentrant,
            lock.domain,
            classes[owner] if of_class else "",
            attribute if of_class else "",
            symbol,
            f"{owner}.{attribute}" in own,
            lock.of_self,
            key in handed_over or _is_handed_on(model, key),
            bool(lock.parameter),
            made.get(key),
        )


def _is_handed_on(model: ModuleModel, key: str) -> bool:
    where, colon, name = key.partition(":")
    if not colon:
        return False
    for function in model.functions:
        if function.qualified_name == where and (bindings := function.scope.bindings.get(name)):
            return any(fate_of_variable(model, binding).escapes for binding in bindings)
    return False


def puts_in_order(model: ModuleModel, function: Function) -> bool:
    """Tell whether a function compares or sorts objects, as those do that take locks in an order of their own."""
    if function.node.__class__ is not cst.FunctionDef:
        return False
    if id(function.node) in _comparing(model):
        return True
    calls = (call.func for scope in function.scope.walk() for call in scope.calls)
    return any(func.__class__ is cst.Name and func.value in _ORDERING for func in calls)


@once_per_module
def _comparing(model: ModuleModel) -> frozenset[int]:
    """Return the functions, by `id` of their syntax, in whose bodies, inner functions included, objects are compared."""
    return frozenset(
        id(outer)
        for target in model.nodes(cst.ComparisonTarget)
        if target.operator.__class__ in _COMPARING
        for inner, outer in model.tree.outwards(target)
        if outer.__class__ is cst.FunctionDef and inner is outer.body
    )


def comes_locked(model: ModuleModel, function: Function, *, takes_locks: bool) -> bool:
    """Tell a function that is called under a lock that it does not name, or gives one back that it has not taken."""
    locks = model.locks
    if locks.assumes_unknown(function):
        return True
    released = locks.effect(function).releases if takes_locks else ()
    return any(not _is_of_local(model, lock) for lock in released)


def _is_of_local(model: ModuleModel, lock: str) -> bool:
    """Tell a lock of an object that a function has come by itself, so that whoever calls it can't mean it."""
    owner, colon, path = lock.partition(":")
    name, dot, _ = path.partition(".")
    if not (colon and dot):
        return False
    functions = [one for one in model.functions if one.qualified_name == owner]
    bindings = [binding for one in functions for binding in one.scope.bindings.get(name, ())]
    return bool(bindings) and all(binding.kind is not BindingKind.PARAMETER for binding in bindings)
