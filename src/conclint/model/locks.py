"""Which lock an expression is.

A lock's identity is its access path with the object left out: `self._lock` of class C is the same lock class in
every method of C, as lockdep and Infer see it. `Condition(lock)` is an alias of its lock.
"""

from __future__ import annotations

import functools
import re
import sys
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Primitive
from conclint.memo import cached_property
from conclint.model.access_paths import AccessPaths, Path
from conclint.model.arguments import argument
from conclint.model.values import NONE, UNKNOWN, Instance, Symbol, Value, Values
from conclint.syntax import BindingKind, ScopeKind
from conclint.syntax.children import is_a
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from conclint.model.definitions import Class, Function
    from conclint.model.module import ModuleModel
    from conclint.syntax import Binding

LOCKING = frozenset({Primitive.LOCK, Primitive.SEMAPHORE, Primitive.CONDITION})
_LOCK_WORDS = frozenset({"mutex", "cond", "condition", "sem", "semaphore", "guard", "cv"})
_NO_LOCK_WORDS = frozenset({"block", "clock", "unlock", "flock", "deadlock", "subblock"})
_PLAIN = frozenset({cst.Integer, cst.Float, cst.SimpleString, cst.ConcatenatedString, cst.FormattedString, cst.Comparison,
                    cst.List, cst.Tuple, cst.Set, cst.Dict, cst.ListComp, cst.SetComp, cst.DictComp, cst.Lambda})
_CHOICES = (cst.IfExp, cst.BooleanOperation)


class Lock(msgspec.Struct, frozen=True):
    """A lock by its identity. `kind` is None when only its name says that it is one.

    A lock whose type is not known counts as re-entrant, as in Infer: unknown means silent. `of_self` tells a lock that
    belongs to the object whose method names it, `parameter` which parameter of its function it is, if any.
    """

    key: str
    label: str
    kind: Primitive | None
    reentrant: bool
    domain: Domain = Domain.THREAD
    of_self: bool = False
    parameter: str = ""

    def seen_through(self, base: str) -> Lock:
        """Return this lock of `self` as the one of another object, which is called `base`."""
        container, bracket, index = self.key.partition("[")
        name = f"{container.rpartition('.')[2]}{bracket}{index}"
        return msgspec.structs.replace(self, key=f"{self.key}@{base}", label=f"{base}.{name}", of_self=False)


class LockNames(AccessPaths):
    """Tells for the expressions of one module which lock each of them is."""

    def __init__(self, module: ModuleModel) -> None:
        super().__init__(module)
        self._locks: dict[int, Lock | None] = {}
        self._of_class: dict[int, dict[str, Lock]] = {}
        self._own: dict[int, dict[str, Lock]] = {}
        self.by_key: dict[str, Lock] = {}

    def lock(self, node: cst.BaseExpression) -> Lock | None:
        """Return the lock that an expression stands for, None when it is none."""
        if id(node) not in self._locks:
            self._locks[id(node)] = None
            found = self._locks[id(node)] = self._given_back(node) or self._identify(node)
            if found is not None:
                self.note(found)
        return self._locks[id(node)]

    def note(self, lock: Lock) -> None:
        """Let `by_key` know a lock."""
        self.by_key.setdefault(lock.key, lock)

    def of_class(self, cls: Class) -> dict[str, Lock]:
        """Return the locks that a class of the module or its bases make for themselves, by attribute."""
        if id(cls) not in self._of_class:
            found: dict[str, Lock] = {}
            for owner in reversed(self._module.resolver.mro(cls)):
                found |= self._of_one(owner)
            self._of_class[id(cls)] = found
        return self._of_class[id(cls)]

    def _of_one(self, cls: Class) -> dict[str, Lock]:
        """Return the locks that a class makes, without those of its bases."""
        if id(cls) not in self._own:
            self._own[id(cls)] = {
                name: lock
                for name, bindings in cls.attributes.items()
                if name not in self._plain_attributes and (lock := self._made(bindings)) is not None
            }
        return self._own[id(cls)]

    @cached_property
    def of_module(self) -> dict[str, Lock]:
        """The locks that are globals of the module, by name."""
        return {
            name: lock
            for name, bindings in self._module.tree.root.bindings.items()
            if name not in self._plain_globals and (lock := self._made(bindings)) is not None
        }

    @cached_property
    def _plain_globals(self) -> frozenset[str]:
        """The globals that are only ever bound to plain data, and at module level; of None it is not known what it stands for."""
        elsewhere = {name for scope in self._module.scopes for name in scope.global_names}
        return frozenset(
            name
            for name, bindings in self._module.tree.root.bindings.items()
            if all(_is_plain(one) and one.value.__class__ is not cst.Name for one in bindings)
            and name not in elsewhere
            and not sounds_like_a_lock(name)
        )

    @cached_property
    def _plain_attributes(self) -> frozenset[str]:
        """The attributes, by name, that nothing in the module makes anything but plain data."""
        plain: set[str] = set()
        others: set[str] = set()
        for scope in self._module.scopes:
            bound = scope.bindings.values() if scope.kind is ScopeKind.CLASS else ()
            for binding in (*scope.stores, *(each for bindings in bound for each in bindings)):
                (plain if _is_plain(binding) else others).add(binding.name)
        return frozenset(name for name in plain - others if not sounds_like_a_lock(name))

    @staticmethod
    def key_of_parameter(function: Function, name: str) -> str:
        """Return the key that a lock has in a function which gets it as a parameter."""
        return f"{function.qualified_name}:{name}"

    def _made(self, bindings: list[Binding]) -> Lock | None:
        for binding in bindings:
            if binding.kind is BindingKind.ASSIGN and is_a(binding.node, (cst.Name, cst.Attribute)):
                lock = self.lock(binding.node)
                if lock is not None and lock.kind is not None:
                    return lock
        return None

    def _identify(self, node: cst.BaseExpression) -> Lock | None:
        return self._lock_of_value(node) or self._chosen(node) or self._lock_itself(node)

    def _chosen(self, node: cst.BaseExpression) -> Lock | None:
        """Return the lock that is taken if any is: `lock if shared else nullcontext()`, `lock or nullcontext()`."""
        if node.__class__ is cst.Name:
            owner = self._module.tree.scope_of(node).owner(node.value)
            bindings = owner.bindings.get(node.value, []) if owner is not None else []
            if len(bindings) != 1 or bindings[0].kind is not BindingKind.ASSIGN or bindings[0].path:
                return None
            return self._chosen(bindings[0].value) if is_a(bindings[0].value, _CHOICES) else None
        if node.__class__ is cst.IfExp:
            sides = [node.body, node.orelse]
        elif node.__class__ is cst.BooleanOperation:
            sides = [node.left, node.right]
        else:
            return None
        dummies = [side for side in sides if self._is_dummy(side)]
        return self.lock(next(side for side in sides if side not in dummies)) if len(dummies) == 1 else None

    def _is_dummy(self, node: cst.BaseExpression) -> bool:
        if not isinstance(node, cst.Call):
            return False
        name = dotted_name(node.func).rpartition(".")[2].lower()
        return self._module.symbol(node.func) == "contextlib.nullcontext" or name.startswith(("null", "dummy", "noop"))

    def _lock_of_value(self, node: cst.BaseExpression) -> Lock | None:
        """Return the lock that a shared value carries: `value.get_lock()`, or the value itself where it is entered."""
        func = node.func if node.__class__ is cst.Call else None
        asked = func.__class__ is cst.Attribute and func.attr.value == "get_lock"
        holder = func.value if asked and isinstance(func, cst.Attribute) else node
        for value in self._module.values(holder):
            if isinstance(value, Instance) and value.facts is not None and value.facts.kind is Primitive.SHARED_VALUE:
                if self._module.knowledge.with_events(value.type_name)[0] == "acquire":
                    return self._guard_of(value) or self._described(holder, value, self._path(holder), (value,))
        return None

    def _lock_itself(self, node: cst.BaseExpression) -> Lock | None:
        values = self._values(node)
        locking = [value for value in values if isinstance(value, Instance) and _is_locking(value)]
        if not locking:
            return None if all(map(_is_no_lock, values)) else self._by_use(node)
        path = self._path(node)
        if len({value.facts.domain for value in locking if value.facts is not None}) > 1:
            return self._of_unknown_sort(node, path)
        if any(isinstance(v, Instance) and not _is_locking(v) for v in values):
            return None
        return self._guard_of(locking[0]) or self._described(node, locking[0], path, values)

    def _by_use(self, node: cst.BaseExpression) -> Lock | None:
        """Return the lock that something must be, of unknown class, by its name or by what is done with it."""
        if sounds_like_a_lock(dotted_name(node).rpartition(".")[2]):
            return self._of_unknown_sort(node, self._path(node))
        conditions = self._module.condition_paths
        path = self._path(node) if conditions else None
        return self._of_unknown_sort(node, path) if path is not None and path.key in conditions else None

    def _of_unknown_sort(self, node: cst.BaseExpression, path: Path | None) -> Lock | None:
        """Return a lock of which it is not known whether threads, processes or coroutines share it."""
        if path is None:
            return None
        return Lock(path.key, dotted_name(node), None, True, of_self=path.of_self, parameter=path.parameter)

    def _described(
        self, node: cst.BaseExpression, instance: Instance, path: Path | None, values: Values
    ) -> Lock | None:
        facts = instance.facts
        assert facts is not None
        sites = {id(value.site) for value in values if isinstance(value, Instance)}
        if path is None and instance.site is not None and len(sites) == 1 and UNKNOWN not in values:
            path = Path(f"<{self._module.number_of(instance.site.call)}>")
        if path is None:
            return None
        label = dotted_name(node) or self._module.label(node)
        reentrant = any(self._may_reenter(value) for value in values if value != NONE)
        return Lock(path.key, label, facts.kind, reentrant, facts.domain, path.of_self, path.parameter)

    def _values(self, node: cst.BaseExpression) -> Values:
        """Return what an expression may be; an attribute of an unknown object is what its only class makes it.

        When one class of the module alone has an attribute of that name, and it holds a lock there, an object that is
        asked for this attribute and locked through it is taken for one of that class.
        """
        values = self._module.values(node)
        if node.__class__ is not cst.Attribute or any(value is not UNKNOWN for value in values):
            return values
        name = node.attr.value
        owners = [cls for cls in self._module.classes if name in cls.attributes or name in cls.methods]
        if len(owners) != 1 or len(self._module.values(node.value)) != 1:
            return values
        (owner,) = owners
        return self._module.resolver.members(self._module.resolver.instance_of(owner), name)

    def _may_reenter(self, value: Value) -> bool:
        if not isinstance(value, Instance) or value.facts is None:
            return True
        if value.facts.kind is Primitive.CONDITION and value.site is not None:
            guard = argument(value.site.call, value.facts.guarded_by)
            if guard is not None:
                return any(map(self._may_reenter, self._module.values(guard.value)))
        return value.facts.reentrant is not False

    def _guard_of(self, instance: Instance) -> Lock | None:
        """Return the lock that a condition was made with, when that has a name of its own."""
        if instance.site is None or instance.facts is None or instance.facts.guarded_by is None:
            return None
        guard = argument(instance.site.call, instance.facts.guarded_by)
        if guard is None or not dotted_name(guard.value):
            return None
        return self.lock(guard.value)

    def _given_back(self, node: cst.BaseExpression) -> Lock | None:
        """Return the lock that a property, or a call of a function of this module, does nothing but give back."""
        function: Function | None = None
        base: cst.BaseExpression | None = None
        if node.__class__ is cst.Call:
            function = self._module.called_function(node)
            base = node.func.value if isinstance(node.func, cst.Attribute) else None
        elif node.__class__ is cst.Attribute:
            function, base = self.property_of(node), node.value
        if function is None or function.is_generator or len(function.returns) != 1:
            return None
        (given,) = function.returns
        lock = self.lock(given) if dotted_name(given) else None
        return self.through(lock, base) if lock is not None and not lock.parameter else None

    def seen_from(self, call: cst.Call, lock: Lock) -> Lock | None:
        """Return a lock of the called function as the caller knows it, None where it can't."""
        if lock.parameter:
            return None
        seen = self.through(lock, call.func.value if isinstance(call.func, cst.Attribute) else None)
        if seen is not None:
            self.note(seen)
        return seen

    def through(self, lock: Lock, base: cst.BaseExpression | None) -> Lock | None:
        """Return a lock of `self` in a method as the caller sees it who called the method on `base`."""
        if base is None or not lock.of_self or self.is_own_object(base):
            return lock
        name = dotted_name(base)
        return lock.seen_through(name) if name else None

    def attribute_of(self, cls: Class, name: str) -> Lock:
        """Return the lock that an attribute of a class must be, though nothing in sight makes it."""
        lock = Lock(f"{cls.qualified_name}.{name}", f"self.{name}", None, reentrant=True, of_self=True)
        self.note(lock)
        return self.by_key[lock.key]

    def property_of(self, node: cst.Attribute) -> Function | None:
        """Return the function that computes an attribute of an object of this module's classes."""
        if node.attr.value not in self._module.special_methods.properties:
            return None
        for value in self._module.values(node.value):
            if isinstance(value, Instance) and value.cls is not None:
                for cls in self._module.resolver.mro(value.cls):
                    if node.attr.value in cls.attributes:
                        method = cls.methods.get(node.attr.value)
                        return method if method is not None and method.has_decorator("property") else None
        return None


@functools.cache
def sounds_like_a_lock(name: str) -> bool:
    """Tell whether the name of a variable or attribute says that it is a lock: `_lock`, `rlock`, `queue_mutex`."""
    words = re.split(r"[\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    return any(
        word in _LOCK_WORDS or (word.endswith(("lock", "mutex")) and word not in _NO_LOCK_WORDS) for word in words
    )


def _is_plain(binding: Binding) -> bool:
    """Tell what binds a number, a text, a container that is written there, or None."""
    if binding.kind is not BindingKind.ASSIGN or binding.path or binding.annotation is not None:
        return False
    value = binding.value
    if value.__class__ is cst.Name:
        return value.value in ("None", "True", "False")
    return value.__class__ in _PLAIN


def _is_no_lock(value: Value) -> bool:
    """Tell what surely is none; a name that another module of the program exports may be one."""
    if isinstance(value, Symbol):
        return value.name.partition(".")[0] in sys.stdlib_module_names
    return value is not UNKNOWN and value != NONE


def _is_locking(value: Value) -> bool:
    return isinstance(value, Instance) and value.facts is not None and value.facts.kind in LOCKING
