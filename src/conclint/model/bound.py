"""What bindings bind their names to: imports, definitions, parameters and everything that stores a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.values import (
    NONE,
    NOTHING_KNOWN,
    UNKNOWN,
    ClassValue,
    FunctionValue,
    Instance,
    Items,
    Symbol,
    Values,
    element,
    every,
    union,
)
from conclint.syntax import Binding, BindingKind

if TYPE_CHECKING:
    from conclint.model.resolve import Resolver

_NAME_OF_IMPORT = (BindingKind.IMPORT, BindingKind.IMPORT_FROM)


class Bound:
    """Evaluates the bindings of one module; the resolver remembers the answers."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def by(self, binding: Binding) -> Values:
        """Return what one binding binds its name to, empty where it only declares it."""
        kind = binding.kind
        if kind in _NAME_OF_IMPORT:
            qualified = self.imported(binding)
            return (Symbol(self._resolver.knowledge.canonical(qualified)),) if qualified else NOTHING_KNOWN
        if kind is BindingKind.DEFINITION:
            return self._definition(binding)
        if kind is BindingKind.PARAMETER:
            return self._parameter(binding)
        if kind is BindingKind.DECLARE:
            return self._resolver.annotations.values(binding.annotation) if binding.annotation is not None else ()
        if binding.value is None or kind is BindingKind.EXCEPTION:
            return NOTHING_KNOWN
        if kind is BindingKind.AUGMENT:
            return self._augmented(binding)
        resolver = self._resolver
        found = resolver.calls.entered_by(binding.value) if kind is BindingKind.ENTER else resolver.values(binding.value)
        if kind is BindingKind.ITERATE:
            found = every(found)
        for step in binding.path:
            found = element(found, step)
        if binding.annotation is not None and all(value in (UNKNOWN, NONE, Items(())) for value in found):
            said = self._resolver.annotations.values(binding.annotation)
            return union(said, tuple(value for value in found if value != Items(()) or said == NOTHING_KNOWN))
        return found

    def _augmented(self, binding: Binding) -> Values:
        """Return what `x += y` leaves: of a container, it and what it is filled with; numbers are nobody's concern."""
        assert binding.value is not None
        if not all(isinstance(value, Items) for value in self._resolver.values(binding.value)):
            return NOTHING_KNOWN
        if not isinstance(binding.node, cst.Name):
            return ()
        bindings = binding.scope.bindings[binding.name]
        return union(*(self._resolver.binding(other) for other in bindings if other.kind is not BindingKind.AUGMENT))

    def imported(self, binding: Binding) -> str:
        """Return the absolute name that an import binds, empty when a relative one leads nowhere."""
        name = binding.qualified
        return self._resolver.tree.source.absolute(name) if name.startswith(".") else name

    def _definition(self, binding: Binding) -> Values:
        scope = self._resolver.tree.scopes.get(id(binding.node))
        if scope is None:
            return NOTHING_KNOWN
        if (cls := self._resolver.classes.get(id(scope))) is not None:
            return (ClassValue(cls),)
        return (FunctionValue(self._resolver.functions[id(scope)]),)

    def _parameter(self, binding: Binding) -> Values:
        function = self._resolver.functions.get(id(binding.scope))
        if function is not None and function.receiver_name == binding.name:
            cls = function.cls
            assert cls is not None
            if function.has_decorator("classmethod") or function.name in ("__new__", "__init_subclass__"):
                return (ClassValue(cls),)
            return (self._resolver.instance_of(cls),)
        found: Values = ()
        if binding.annotation is not None:
            found = self._resolver.annotations.values(binding.annotation)
        if binding.value is not None:
            found = union(found, self._resolver.values(binding.value))
        if function is not None:
            passed = self._resolver.passed(function, binding.name)
            known = {value.type_name for value in passed if isinstance(value, Instance)}
            seen = (value for value in found if not isinstance(value, Instance) or value.type_name not in known)
            found = (*seen, *passed)  # what is passed says as much as an annotation, and where it was made
        return union(found, NOTHING_KNOWN)
