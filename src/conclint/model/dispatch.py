"""Which methods of this module run on an object of one class: overrides, `super()`, closures of methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.values import ClassValue, FunctionValue, Super

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Class, Function
    from conclint.model.module import ModuleModel
    from conclint.model.values import Values


class Dispatch:
    """Looks methods and attributes up for an object of exactly the class `cls`, whichever class's code asks."""

    def __init__(self, module: ModuleModel, cls: Class) -> None:
        self._module = module
        self.cls = cls
        self.lineage: Values = module.resolver.hierarchy.lineage(cls)
        self._classes = {id(owner) for owner in module.resolver.mro(cls)}

    def method(self, name: str) -> Function | None:
        """Return the method that `self.name()` runs, None when it is no function of this module or is not known."""
        return _first(self.lineage, name)

    def attribute(self, node: cst.CSTNode) -> str | None:
        """Return the name of an attribute of the object, None for any other expression."""
        if isinstance(node, cst.Attribute) and self.is_object(node.value):
            return node.attr.value
        return None

    def is_object(self, node: cst.CSTNode) -> bool:
        """Tell whether an expression is `self`, in a method of the class, of a base, or in a closure of one."""
        return id(self._module.class_of_receiver(node)) in self._classes

    def called(self, call: cst.Call) -> Iterator[Function]:
        """Yield the functions of this module that a call may run on the object: methods, and closures that know it."""
        func = call.func
        if func.__class__ is cst.Attribute:
            if self.is_object(func.value) and (method := self.method(func.attr.value)) is not None:
                yield method
                return
            objects = self._module.values(func.value)
            if isinstance(objects[0], Super):
                behind = self._module.resolver.hierarchy.behind(self.cls, objects[0].behind)
                if (method := _first(behind, func.attr.value)) is not None:
                    yield method
                return
        for value in self._module.values(func):
            if isinstance(value, FunctionValue) and self.knows_object(value.function):
                yield value.function

    def knows_object(self, function: Function) -> bool:
        """Tell a method of the class or a base, or a closure made in one."""
        while id(function.cls) not in self._classes:
            outer = self._module.function_of(function.scope.parent) if function.scope.parent is not None else None
            if outer is None:
                return False
            function = outer
        return True


def _first(lineage: Values, name: str) -> Function | None:
    for entry in lineage:
        if isinstance(entry, ClassValue):
            bindings = entry.cls.scope.bindings.get(name, ())
            if bindings:
                return entry.cls.methods.get(name) if len(bindings) == 1 else None
    return None
