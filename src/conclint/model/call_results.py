"""What calls give: new objects, what functions of the module or of a library return, and what `with` enters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.known_calls import called, made_by
from conclint.model.values import (
    NOTHING_KNOWN,
    UNKNOWN,
    ClassValue,
    FunctionValue,
    Instance,
    Items,
    LibraryMethod,
    Partial,
    Site,
    Symbol,
    Value,
    Values,
    union,
)

if TYPE_CHECKING:
    from conclint.knowledge.schema import Type
    from conclint.model.definitions import Class
    from conclint.model.resolve import Resolver

_ENTER_AS_GIVEN = frozenset({"contextlib.closing", "contextlib.aclosing", "contextlib.nullcontext"})
_MANAGERS = ("contextmanager", "asynccontextmanager")


class CallResults:
    """Evaluates the calls of a module, and keeps the creation sites of primitives."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._knowledge = resolver.knowledge

    def result(self, called: Value, node: cst.Call) -> Values:
        """Return what calling a value gives; `node` is the call that makes a primitive then."""
        if isinstance(called, Symbol):
            return self._symbol_called(called.name, node)
        if isinstance(called, ClassValue):
            instance = self._resolver.instance_of(called.cls)
            if instance.facts is None:
                return (instance,)
            site = self._site(node, instance.type_name, instance.facts, called.cls)
            return (Instance(instance.type_name, instance.facts, called.cls, site),)
        if isinstance(called, FunctionValue):
            return self._resolver.returned(called.function)
        if isinstance(called, LibraryMethod):
            return self._method_called(called, node)
        if isinstance(called, Partial):
            # What a partial binds is not to be seen at the call, so that is no creation site.
            binds = len(called.call.args) > 1 and isinstance(called.target, (Symbol, ClassValue))
            return made_by(self._resolver, called.target) if binds else self.result(called.target, node)
        return NOTHING_KNOWN

    def _symbol_called(self, name: str, node: cst.Call) -> Values:
        if (facts := self._knowledge.type(name)) is not None:
            return self._made(name, facts, node)
        function = self._knowledge.function(name)
        if function is not None:
            if function.returns is not None:
                return self.of_type(function.returns)
            if function.yields is not None:
                return (Items((self.of_type(function.yields),)),)
        return called(self._resolver, name, node) or NOTHING_KNOWN

    def _method_called(self, called: LibraryMethod, node: cst.Call) -> Values:
        method = self._knowledge.method(called.receiver.type_name, called.name)
        if method is None:
            return NOTHING_KNOWN
        if method.makes is not None and (facts := self._knowledge.type(method.makes)) is not None:
            return self._made(method.makes, facts, node)
        if method.returns is not None:
            return self.of_type(method.returns)
        if method.yields is not None:
            return (Items((self.of_type(method.yields),)),)
        return NOTHING_KNOWN

    def _made(self, name: str, facts: Type, node: cst.Call) -> Values:
        """Return the new object of a library's type, or the several that one call makes."""
        if facts.items:
            return (Items(tuple(self.of_type(item) for item in facts.items), exact=True),)
        return (Instance(name, facts, site=self._site(node, name, facts)),)

    def of_type(self, name: str) -> Values:
        """Return an object of a library's type."""
        facts = self._knowledge.type(name)
        return (Instance(name, facts),) if facts is not None else NOTHING_KNOWN

    def _site(self, node: cst.Call, name: str, facts: Type, cls: Class | None = None) -> Site:
        site = self._resolver.sites.get(id(node))
        if site is None:
            site = self._resolver.sites[id(node)] = Site(node, self._resolver.tree.scope_of(node), name, facts, cls)
        return site

    def entered_by(self, manager: cst.CSTNode) -> Values:
        """Return what `with manager as x` binds."""
        if isinstance(manager, cst.Call):
            for value in self._resolver.values(manager.func):
                if isinstance(value, Symbol) and value.name in _ENTER_AS_GIVEN and manager.args:
                    return self._resolver.values(manager.args[0].value)
                if isinstance(value, FunctionValue) and value.function.has_decorator(*_MANAGERS):
                    return union(*map(self._resolver.values, value.function.yields))
        return self._entered(self._resolver.values(manager))

    def _entered(self, managers: Values) -> Values:
        found: list[Value] = []
        for value in managers:
            if isinstance(value, Instance) and value.facts is not None:
                enters = value.facts.enters
                facts = self._knowledge.type(enters) if enters else None
                found.append(Instance(enters or "", facts) if facts is not None else value)
            elif isinstance(value, Instance) and value.cls is not None:
                found.extend(self._called_method(value, "__enter__"))
            else:
                found.append(UNKNOWN)
        return tuple(found)

    def _called_method(self, receiver: Instance, name: str) -> Values:
        return union(
            *(
                self._resolver.returned(value.function)
                for value in self._resolver.members(receiver, name)
                if isinstance(value, FunctionValue)
            )
        )
