"""Which shared variable an expression is: a module's global, a class's or object's attribute, a captured local.

A variable is named without the object (`Queue.items` for `self.items` in a method of Queue), as lockdep and RacerD
name locks and fields. Local aliases are substituted back: after `jobs = self._jobs`, `jobs.append(x)` is an access of
`Queue._jobs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.memo import cached_property
from conclint.model.known_calls import FIELDS
from conclint.model.values import ClassValue, Constant, Instance, Items, Unknown
from conclint.model.words import Base
from conclint.syntax import BindingKind, Scope, ScopeKind
from conclint.syntax.children import is_a

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Class, Function
    from conclint.model.module import ModuleModel
    from conclint.model.values import Values
    from conclint.syntax import Binding

_DEFINED = (BindingKind.DEFINITION, BindingKind.IMPORT, BindingKind.IMPORT_FROM)
_FRESH_VALUES = (cst.Call, cst.Dict, cst.List, cst.Set)
_DISPLAYS = frozenset({cst.Dict, cst.List, cst.Set, cst.DictComp, cst.ListComp, cst.SetComp})
_MAKERS = frozenset({"dict", "list", "set", "defaultdict", "OrderedDict", "Counter", "deque", "WeakSet",
                     "WeakValueDictionary", "WeakKeyDictionary", "ChainMap", "bytearray"})


class Variable(msgspec.Struct, frozen=True):
    """A variable by its identity.

    `owner` is the class for an attribute, the function for a captured local, empty for a global. `base` tells how the
    access reaches it, which is no part of the identity.
    """

    owner: str
    name: str
    base: Base
    label: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Variable) and self.name == other.name and self.owner == other.owner

    def __hash__(self) -> int:
        return hash((self.owner, self.name))

    @property
    def key(self) -> str:
        """The identity as text: `Queue.items`, `:total`, `main:hits`."""
        separator = "." if self.base.is_attribute else ":"
        return f"{self.owner}{separator}{self.name}"


class Variables:
    """Answers about the shared variables of one module."""

    def __init__(self, module: ModuleModel) -> None:
        self._module = module
        self._root = module.tree.root
        self._containers: dict[str, bool] = {}
        self._owners: dict[tuple[int, str], tuple[Class, bool] | None] = {}
        self._fresh: dict[tuple[int, str], bool] = {}

    def of_name(self, name: str, scope: Scope) -> Variable | None:
        """Return the shared variable that a bare name means in `scope`; None for locals, definitions and imports."""
        owner = scope.owner(name)
        if owner is None or owner is scope.execution or owner.kind is ScopeKind.COMPREHENSION:
            return None
        if owner is self._root:
            return Variable("", name, Base.GLOBAL, name) if name in self._globals else None
        if owner.kind is ScopeKind.CLASS:
            return None
        captured = self._is_rebound_inside(name, owner)
        return Variable(owner.qualified_name, name, Base.CAPTURED, name) if captured else None

    @cached_property
    def _globals(self) -> frozenset[str]:
        """The module's variables, without its functions, classes and imports."""
        return frozenset(_variables_of(self._root))

    @cached_property
    def names_beyond_objects(self) -> frozenset[str]:
        """The names of all globals and of all attributes that are bound for a class, and of others that are called like them."""
        stored: set[str] = set()
        for function in self._module.functions:
            own = None if function.has_decorator("classmethod") else function.receiver_name
            for scope in function.scopes:
                stored.update(store.name for store in scope.stores if not _is_stored_to(store, own))
        return self._globals.union(stored, *(_variables_of(cls.scope) for cls in self._module.classes))

    def _is_rebound_inside(self, name: str, owner: Scope) -> bool:
        bindings = owner.bindings.get(name, [])
        if any(binding.kind in (BindingKind.PARAMETER, *_DEFINED) for binding in bindings):
            return False
        return any(isinstance(binding.value, _FRESH_VALUES) for binding in bindings) or any(
            name in inner.nonlocal_names for inner in owner.walk()
        )

    def of_attribute(self, node: cst.Attribute, function: Function) -> Variable | None:
        """Return the variable that `x.name` means; None for methods, modules and objects that this function has made."""
        base, name = node.value, node.attr.value
        if base.__class__ is cst.Name:
            if function.cls is not None and base.value == function.receiver_name:
                static = function.has_decorator("classmethod")
                return self._attribute(function.cls, name, Base.CLASS if static else Base.SELF, node)
            if not self._concerns_shared(base.value, function):
                return None
        for value in self._module.values(base):
            if isinstance(value, ClassValue):
                return self._attribute(value.cls, name, Base.CLASS, node)
            if isinstance(value, Instance) and value.cls is not None:
                return self._attribute(value.cls, name, self._base_of(base, function), node)
        return None

    def _concerns_shared(self, name: str, function: Function) -> bool:
        owner = function.scope.owner(name)
        if owner is None:
            return False
        return not (owner is function.scope and self.is_fresh(name, function))

    def _base_of(self, node: cst.BaseExpression, function: Function) -> Base:
        """An enclosing method's `self`, seen from a nested function, is the same object."""
        if isinstance(node, cst.Name):
            owner = function.scope.owner(node.value)
            outer = self._module.function_of(owner) if owner is not None else None
            if outer is not None and outer is not function and outer.receiver_name == node.value:
                return Base.SELF
            if owner is not function.scope:
                return Base.COMMON
        return Base.OTHER

    def _attribute(self, cls: Class, name: str, base: Base, node: cst.CSTNode) -> Variable | None:
        key = id(cls), name
        if key not in self._owners:
            owner = self._owner(cls, name)
            self._owners[key] = (owner, self._is_class_state(owner, name)) if owner is not None else None
        found = self._owners[key]
        if found is None:
            return None
        owner, is_class_state = found
        return Variable(owner.qualified_name, name, Base.CLASS if is_class_state else base, self._module.label(node))

    def _owner(self, cls: Class, name: str) -> Class | None:
        """Return the class that has an attribute, None for methods and for what no class has."""
        for each in self._module.resolver.mro(cls):
            if name in each.methods:
                return None
            if name in each.attributes:
                return each
        return None if self._module.resolver.is_closed(cls) else cls

    def _is_class_state(self, cls: Class, name: str) -> bool:
        """Tell an attribute that lives on the class: bound in its body to an object and never through `self`."""
        bindings = cls.attributes.get(name, [])
        return bool(bindings) and all(
            binding.scope is cls.scope and is_a(binding.value, _FRESH_VALUES) and not self._is_field(binding.value)
            for binding in bindings
        )

    def _is_field(self, value: cst.BaseExpression) -> bool:
        """Tell a field of a dataclass, which each object gets for itself."""
        return isinstance(value, cst.Call) and self._module.symbol(value.func) in FIELDS

    def is_fresh(self, name: str, function: Function) -> bool:
        """Tell a local that only holds objects which this very call has made and not yet given to anybody else."""
        key = id(function), name
        if key not in self._fresh:
            self._fresh[key] = self._is_fresh(name, function)
        return self._fresh[key]

    def _is_fresh(self, name: str, function: Function) -> bool:
        bindings = function.scope.bindings.get(name, [])
        if not bindings or not all(self._makes(binding) for binding in bindings):
            return False
        inner = (scope for scope in function.scope.walk() if scope.execution is not function.scope)
        if any(name in self._free_names(scope) for scope in inner):
            return False
        return not any(self._gives_away(node) for scope in function.scopes for node in scope.names if node.value == name)

    def _makes(self, binding: Binding) -> bool:
        if binding.kind not in (BindingKind.ASSIGN, BindingKind.ENTER) or binding.path:
            return False
        value = binding.value
        if isinstance(value, cst.Call):
            called = self._module.values(value.func)
            return all(isinstance(one, ClassValue) for one in called) or _is_maker(value)
        return is_a(value, _FRESH_VALUES)

    def _gives_away(self, node: cst.Name) -> bool:
        """Tell whether a use stores the object in an attribute or global, or passes it, or a method of it, to a thread."""
        parent = self._module.tree.parent(node)
        if isinstance(parent, cst.Attribute):
            parent = self._module.tree.parent(parent)
        if is_a(parent, (cst.Element, cst.Arg)):
            call = self._module.tree.enclosing(parent, cst.Call)
            return call is not None and id(call) in self._handing_over
        if isinstance(parent, cst.Assign) and parent.value is node:
            return any(isinstance(target.target, (cst.Attribute, cst.Subscript)) for target in parent.targets)
        return False

    @cached_property
    def _handing_over(self) -> frozenset[int]:
        taken = {id(handover.call) for handover in self._module.handovers}
        return frozenset(taken | {id(event.node) for event in self._module.events if event.word in ("put", "send")})

    def _free_names(self, scope: Scope) -> set[str]:
        return {node.value for node in scope.names} - scope.bindings.keys()

    def bindings(self, variable: Variable) -> list[Binding]:
        """Return every place of this module that binds the variable."""
        if variable.base is Base.GLOBAL:
            inner = self._module.resolver.rebound_elsewhere(variable.name, self._root)
            return [*self._root.bindings.get(variable.name, []), *inner]
        cls = self._classes.get(variable.owner)
        if cls is not None:
            return cls.attributes.get(variable.name, [])
        function = self._functions.get(variable.owner)
        return function.scope.bindings.get(variable.name, []) if function is not None else []

    @cached_property
    def _classes(self) -> dict[str, Class]:
        """The classes by qualified name, the first of each."""
        return {cls.qualified_name: cls for cls in reversed(self._module.classes)}

    @cached_property
    def _functions(self) -> dict[str, Function]:
        """The functions by qualified name, the first of each."""
        return {function.qualified_name: function for function in reversed(self._module.functions)}

    def is_container(self, variable: Variable) -> bool:
        """Tell a variable that is only ever bound to built-in containers (None aside), whose operations are atomic."""
        key = variable.key
        if key not in self._containers:
            found = self._bound_to(variable)
            self._containers[key] = bool(found) and all(_is_container(value) for value in found)
        return self._containers[key]

    @cached_property
    def container_attributes(self) -> frozenset[str]:
        """The names that an attribute must have to be a container: some class has a built-in one in an attribute of that name."""
        return frozenset(
            name
            for cls in self._module.classes
            for name, bindings in cls.attributes.items()
            if any(_is_container(binding.value) for binding in bindings)
        )

    def is_list(self, variable: Variable) -> bool:
        """Tell a variable that is only ever bound to lists (None aside), which may grow while they are gone through."""
        found = self._bound_to(variable)
        return bool(found) and all(_is_list(value) for value in found)

    def _bound_to(self, variable: Variable) -> list[cst.CSTNode | None]:
        """Return what a variable is bound to, None aside."""
        values = [b.value for b in self.bindings(variable) if b.kind is not BindingKind.DECLARE]
        return [value for value in values if not (value.__class__ is cst.Name and value.value == "None")]

    def is_synchronised(self, variable: Variable) -> bool:
        """Tell a variable that holds a primitive, or anything else that sees to its own locking."""
        return any(_locks_itself(self._module.resolver.binding(binding)) for binding in self.bindings(variable))


def _variables_of(scope: Scope) -> Iterator[str]:
    """Yield what is bound in a scope that is not only defined or imported."""
    for name, bindings in scope.bindings.items():
        if not all(binding.kind in _DEFINED for binding in bindings):
            yield name


def _is_stored_to(store: Binding, owner: str | None) -> bool:
    """Tell whether a store binds an attribute of what is called `owner`."""
    target = store.node
    return target.__class__ is cst.Attribute and target.value.__class__ is cst.Name and target.value.value == owner


def _is_maker(call: cst.Call) -> bool:
    func = call.func
    name = func.attr.value if isinstance(func, cst.Attribute) else func.value if isinstance(func, cst.Name) else ""
    return name in _MAKERS


def _is_container(value: cst.CSTNode | None) -> bool:
    if isinstance(value, cst.Call):
        return _is_maker(value)
    return value.__class__ in _DISPLAYS


def _is_list(value: cst.CSTNode | None) -> bool:
    if isinstance(value, cst.Call):
        return isinstance(value.func, cst.Name) and value.func.value == "list"
    return isinstance(value, (cst.List, cst.ListComp))


def _locks_itself(values: Values) -> bool:
    return any(isinstance(value, Instance) and value.facts is not None for value in values) and not any(
        isinstance(value, (Items, Constant, Unknown)) and value != Constant(None) for value in values
    )
