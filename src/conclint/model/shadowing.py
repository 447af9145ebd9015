"""Names that a class takes from the library's class it derives from, which needs them for itself."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.parameter import Parameter
from conclint.model.arguments import argument, has_star
from conclint.model.constructing import stands_in, stored_early
from conclint.model.events import functions_of
from conclint.model.plain_types import plain_type
from conclint.model.values import NONE, Constant, Instance, Items, Symbol
from conclint.syntax import BindingKind
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.knowledge.schema import Reserved
    from conclint.model.definitions import Class
    from conclint.model.module import ModuleModel
    from conclint.syntax import Binding

_NO_STORE = (BindingKind.DECLARE, BindingKind.DELETE)


class Harm(enum.Enum):
    """What comes of it."""

    REPLACED = "the library's class finds something else than it left"
    LOST = "the constructor of the library's class puts its own value there"
    REFUSED = "it is a property without a setter"


class Shadow(msgspec.Struct, frozen=True):
    """A class binds `name` at `bindings`, though its library's class `base` needs that."""

    cls: Class
    name: str
    base: str
    harm: Harm
    reserved: Reserved
    bindings: tuple[Binding, ...]

    @property
    def in_body(self) -> bool:
        """The class body does it, not a method."""
        return self.bindings[0].scope is self.cls.scope


def shadows(module: ModuleModel) -> Iterator[Shadow]:
    """Yield what classes of the module overwrite, once for each class and name."""
    for cls in module.classes:
        base = module.resolver.library_base(cls)
        if base is None or stands_in(module, cls, base[0]):
            continue
        above = module.resolver.mro(cls)[1:]
        for name, reserved in module.knowledge.reserved(base[0]).items():
            if any(name in other.attributes for other in above):
                continue  # told of that class, or its own business
            body = [b for b in cls.scope.bindings.get(name, ()) if b.kind not in _NO_STORE]
            stores = [
                binding
                for binding in cls.attributes.get(name, ())
                if binding.scope is not cls.scope and binding.kind not in _NO_STORE
            ]
            if not body and not stores:
                continue
            found = _Name(module, cls, base[0], name, reserved).harm(body, stores)
            if found is not None:
                harm, bindings = found
                yield Shadow(cls, name, base[0], harm, reserved, tuple(bindings))


class _Name:
    """One name that the library's class keeps for itself, in one class that derives from that."""

    def __init__(self, module: ModuleModel, cls: Class, base: str, name: str, reserved: Reserved) -> None:
        self._module = module
        self._cls = cls
        self._base = base
        self._name = name
        self._reserved = reserved

    def harm(self, body: list[Binding], stores: list[Binding]) -> tuple[Harm, list[Binding]] | None:
        """Return what goes wrong when a class body and stores bind the name, and which of them are to blame."""
        if self._reserved.store_raises is not None:
            return (Harm.REFUSED, stores) if stores and not body else None
        if self._reserved.may == "nothing":
            found = [b for b in (*body, *stores) if not self._goes_on(b)]
            return (Harm.REPLACED, found) if found else None
        if self._reserved.may == "override":
            found = [b for b in (*body, *stores) if self._is_no_method(b)]
            return (Harm.REPLACED, found) if found else None
        if not self._name.startswith("_"):
            found = [b for b in body if self._is_plain_method(b)]
            return (Harm.REPLACED, found) if found else None
        early = set(map(id, stored_early(self._module, self._cls)))
        found = [*body, *(b for b in stores if id(b.node) in early)]
        lost = found and len(found) == len(body) + len(stores) and self._is_read() and not self._is_given()
        return (Harm.LOST, found) if lost else None

    def _goes_on(self, binding: Binding) -> bool:
        """Tell a method that calls the one it takes the place of, be it by a name that was given to that before."""
        scope = (
            self._module.tree.scopes.get(id(binding.node)) if binding.kind is BindingKind.DEFINITION else None
        )
        if binding.kind is BindingKind.ASSIGN and isinstance(binding.value, cst.BaseExpression):
            functions = [function for function, _ in functions_of(self._module.values(binding.value))]
            scope = functions[0].scope if functions else None
        calls = (call for inner in scope.walk() for call in inner.calls) if scope is not None else ()
        return any(map(self._asks_the_original, calls))

    def _asks_the_original(self, call: cst.Call) -> bool:
        """Tell a call of it, and `getattr(super(), "_bootstrap", None)`."""
        func = call.func
        if isinstance(func, cst.Attribute):
            return func.attr.value == self._name
        if self._module.symbol(func) == "builtins.getattr" and len(call.args) > 1:
            return Constant(self._name) in self._module.values(call.args[1].value)
        symbols = (value.name for value in self._module.values(func) if isinstance(value, Symbol))
        return any(name.rpartition(".")[2] == self._name for name in symbols)

    def _is_plain_method(self, binding: Binding) -> bool:
        """Tell a method, which nobody can take for the value that is expected, from a property."""
        method = self._cls.methods.get(self._name)
        return binding.kind is BindingKind.DEFINITION and method is not None and not method.decorators

    def _is_no_method(self, binding: Binding) -> bool:
        """Tell what surely can't be called where a method is expected."""
        value = binding.value
        if not isinstance(value, cst.BaseExpression) or binding.path or binding.kind is not BindingKind.ASSIGN:
            return False
        if self._name == "start" and binding.scope.name == "run":
            return False  # nobody starts it a second time
        if plain_type(self._module, value) is not None:
            return True
        if self._name in ("start", "join") and self._is_bare_parameter(value):
            return True
        return all(
            value == NONE
            or isinstance(value, (Constant, Items))
            or (isinstance(value, Instance) and value.facts is not None and value.cls is None)
            for value in self._module.values(value)
        )

    def _is_bare_parameter(self, value: cst.BaseExpression) -> bool:
        """Tell a parameter without annotation or default that bears the name itself: a place to start, not a method."""
        if not isinstance(value, cst.Name) or value.value != self._name:
            return False
        owner = self._module.tree.scope_of(value).owner(value.value)
        bindings = owner.bindings.get(value.value, ()) if owner is not None else ()
        return bool(bindings) and all(
            binding.kind is BindingKind.PARAMETER and binding.annotation is None for binding in bindings
        )

    def _is_read(self) -> bool:
        """Tell whether the class makes use of what it puts there."""
        stored = {id(binding.node) for binding in self._cls.attributes.get(self._name, ())}
        return any(
            node.attr.value == self._name and id(node) not in stored
            for scope in self._cls.scope.walk()
            for node in scope.attributes
        )

    def _is_given(self) -> bool:
        """Tell whether the library's constructor may be given the value, so that it puts back what was there."""
        facts = self._module.knowledge.type(self._base)
        name = self._name.lstrip("_")
        if facts is None or name not in facts.parameters:
            return True
        parameter = Parameter(name, facts.parameters.index(name))
        named_outright = Parameter(name, facts.parameters.index(name) + 1)
        calls = [
            call
            for scope in self._cls.scope.walk()
            for call in scope.calls
            if isinstance(call.func, cst.Attribute) and call.func.attr.value == "__init__"
        ]
        for call in calls:
            is_library = self._module.values(call.func) == (Symbol(f"{self._base}.__init__"),)
            where = parameter if dotted_name(call.func) == "" else named_outright
            if not is_library or has_star(call) or argument(call, where) is not None:
                return True
        return not calls
