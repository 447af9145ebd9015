"""What attributes of objects and classes are: stored by methods, bound in class bodies, known of a library's type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.memo import cached_property
from conclint.model.values import (
    NONE,
    NOTHING_KNOWN,
    UNKNOWN,
    ClassValue,
    FunctionValue,
    Instance,
    LibraryMethod,
    Symbol,
    union,
)
from conclint.syntax import BindingKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.resolve import Resolver
    from conclint.model.values import Value, Values
    from conclint.syntax import Binding


class Attributes:
    """Looks attributes up as Python does, for the resolver of one module.

    What methods store is one place for all classes; what class bodies bind hides what bases bind.
    """

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def of(self, value: Instance | ClassValue, name: str) -> Values:
        """Return what the attribute `name` of an object or class may be."""
        lineage = self._resolver.hierarchy.lineage(value.cls) if value.cls is not None else ()
        stored = [
            bound
            for entry in lineage
            if isinstance(entry, ClassValue)
            for binding in entry.cls.attributes.get(name, ())
            if binding.scope is not entry.cls.scope
            for bound in self._resolver.binding(binding)
        ]
        if lineage:
            stored += [bound for binding in self._stored_outside(lineage, name) for bound in self._resolver.binding(binding)]
        known = any(bound not in (UNKNOWN, NONE) for bound in stored)
        inherited = self.inherited(lineage, name, value, declared=not known)
        if stored or inherited is not None:
            return union(tuple(stored), inherited or ())
        return self._library_member(value, name)

    def _stored_outside(self, lineage: Values, name: str) -> Iterator[Binding]:
        """Yield what code that has no object of its own, or another, stores to an attribute: `worker.lock = Lock()`."""
        classes = {id(entry.cls) for entry in lineage if isinstance(entry, ClassValue)}
        for binding in self._outside_stores.get(name, ()):
            assert isinstance(binding.node, cst.Attribute)
            holders = self._resolver.values(binding.node.value)
            if any(isinstance(holder, (Instance, ClassValue)) and id(holder.cls) in classes for holder in holders):
                yield binding

    @cached_property
    def _outside_stores(self) -> dict[str, list[Binding]]:
        found: dict[str, list[Binding]] = {}
        own = {id(b) for cls in self._resolver.classes.values() for bindings in cls.attributes.values() for b in bindings}
        for scope in self._resolver.tree.root.walk():
            for store in scope.stores:
                if isinstance(store.node, cst.Attribute) and id(store) not in own:
                    found.setdefault(store.name, []).append(store)
        return found

    def inherited(
        self, lineage: Values, name: str, receiver: Instance | ClassValue, *, declared: bool = True
    ) -> Values | None:
        """Return what the first class of a lineage that has an attribute has there, None when none is seen to.

        `declared` tells whether a bare annotation counts.
        """
        for entry in lineage:
            if isinstance(entry, ClassValue):
                found = union(
                    *(
                        self._bind_method(bound, receiver)
                        for binding in entry.cls.scope.bindings.get(name, ())
                        if declared or binding.kind is not BindingKind.DECLARE
                        for bound in self._resolver.binding(binding)
                    )
                )
                if found:
                    return found
            elif isinstance(entry, Symbol) and (facts := self._resolver.knowledge.type(entry.name)) is not None:
                as_base = isinstance(receiver, Instance) and receiver.type_name == entry.name
                found = self._library_member(
                    receiver if as_base else Instance(entry.name, facts, receiver.cls), name
                )
                if name == "__init__" or (found is not NOTHING_KNOWN and isinstance(receiver, ClassValue)):
                    return (Symbol(f"{entry.name}.{name}"),)
                if found is not NOTHING_KNOWN:
                    return found
        return None

    def _library_member(self, value: Instance | ClassValue, name: str) -> Values:
        if isinstance(value, Instance) and value.facts is not None:
            attribute = self._resolver.knowledge.attribute(value.type_name, name)
            if attribute is not None and attribute.returns is not None:
                return self._resolver.calls.of_type(attribute.returns)
            if self._resolver.knowledge.method(value.type_name, name) is not None:
                return (LibraryMethod(value, name),)
        return NOTHING_KNOWN

    def _bind_method(self, value: Value, receiver: Instance | ClassValue) -> Values:
        if not isinstance(value, FunctionValue) or value.function.cls is None:
            return (value,)
        function = value.function
        if function.has_decorator("property", "cached_property"):
            return self._resolver.returned(function)
        if function.has_decorator("setter", "deleter", "getter"):
            return ()
        if function.has_decorator("staticmethod"):
            return (value,)
        return (FunctionValue(function, receiver),)
