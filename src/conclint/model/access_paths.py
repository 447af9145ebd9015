"""Access paths with the object left out: `self._lock` of class C has one path in every method of C."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.model.values import ClassValue, Instance
from conclint.syntax import BindingKind, ScopeKind
from conclint.syntax.children import is_a
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from conclint.model.definitions import Class, Function
    from conclint.model.module import ModuleModel
    from conclint.syntax import Binding

_IMPORTS = (BindingKind.IMPORT, BindingKind.IMPORT_FROM)


class Path(msgspec.Struct, frozen=True):
    """Where a primitive is found: in an attribute of the method's own object, or in which parameter, if any."""

    key: str
    of_self: bool = False
    parameter: str = ""


class AccessPaths:
    """Tells for the expressions of one module by which access path a primitive is reached."""

    def __init__(self, module: ModuleModel) -> None:
        self._module = module
        self._paths: dict[int, Path | None] = {}

    def path(self, node: cst.BaseExpression) -> str | None:
        """Return the identity of any primitive, as of a lock: its access path with the object left out; None for no path."""
        found = self._path(node)
        return found.key if found is not None else None

    def _path(self, node: cst.BaseExpression) -> Path | None:
        """Return the access path of a lock with the object left out, None for no path."""
        key = id(node)
        if key not in self._paths:
            self._paths[key] = None  # what a variable is that stands for itself: `class C: lock = lock`
            self._paths[key] = self._followed(node)
        return self._paths[key]

    def _followed(self, node: cst.BaseExpression) -> Path | None:
        if isinstance(node, cst.Name):
            return self._variable_path(node)
        if isinstance(node, cst.Attribute):
            return self._attribute_path(node)
        if isinstance(node, cst.Subscript):
            return self._element_path(node)
        return None

    def _element_path(self, node: cst.Subscript) -> Path | None:
        """An element is another lock for each index, and the same for the same: `locks[i]` and `locks[j]` are two."""
        container = self._path(node.value)
        if container is None or len(node.slice) != 1:
            return None
        index = self._module.code(node.slice[0].slice)
        return Path(f"{container.key}[{index}]", of_self=container.of_self)

    def _variable_path(self, node: cst.Name) -> Path | None:
        scope = self._module.tree.scope_of(node)
        owner = scope.owner(node.value)
        if owner is None:
            return Path(f"?.{node.value}")
        bindings = owner.bindings.get(node.value, [])
        if (alias := _alias(bindings)) is not None:
            return self._path(alias)
        if bindings and all(b.kind in _IMPORTS for b in bindings):
            imported = self._module.resolver.bound.imported(bindings[0])
            return Path(imported) if imported else None
        if owner.kind is ScopeKind.MODULE:
            return Path(f"global {node.value}")
        if owner.kind is ScopeKind.CLASS:
            return Path(f"{owner.qualified_name}.{node.value}")
        parameter = len(bindings) == 1 and bindings[0].kind is BindingKind.PARAMETER
        return Path(f"{owner.qualified_name}:{node.value}", parameter=node.value if parameter else "")

    def _attribute_path(self, node: cst.Attribute) -> Path | None:
        if (symbol := self._module.symbol(node)) is not None:
            return Path(symbol)
        name = self._guard_by_name(node)
        for value in self._module.values(node.value):
            if isinstance(value, (Instance, ClassValue)) and value.cls is not None:
                owner, shared = self._owner_of(value, name)
                if isinstance(value, ClassValue) or shared:
                    return Path(f"{owner}.{name}")
                if self.is_own_object(node.value):
                    return self._alias_of_attribute(value.cls, name) or Path(f"{owner}.{name}", of_self=True)
                return Path(f"{owner}.{name}@{dotted_name(node.value)}")
        base = dotted_name(node.value)
        if not base:
            return None
        root = base.partition(".")[0]
        scope = self._module.tree.scope_of(node)
        owner_scope = scope.owner(root)
        where = owner_scope.qualified_name if owner_scope is not None else "?"
        return Path(f"{where}:{base}.{name}")

    def _guard_by_name(self, node: cst.Attribute) -> str:
        """Return the attribute that a lock is known by: `queue.not_empty` is a condition of `queue.mutex`."""
        for value in self._module.values(node.value):
            if isinstance(value, Instance):
                facts = self._module.knowledge.attribute(value.type_name, node.attr.value)
                if facts is not None and facts.guarded_by is not None:
                    return facts.guarded_by
        return node.attr.value

    def _alias_of_attribute(self, cls: Class, name: str) -> Path | None:
        """Return the path of what an attribute only repeats: `self.mutex = self._lock`."""
        bindings = [b for owner in self._module.resolver.mro(cls) for b in owner.attributes.get(name, ())]
        alias = _alias(bindings)
        if not isinstance(alias, cst.Attribute) or alias.attr.value == name or not self.is_own_object(alias.value):
            return None
        return self._path(alias)

    def _owner_of(self, value: Instance | ClassValue, name: str) -> tuple[str, bool]:
        """Return the name of the class that has an attribute, and whether all its objects share the attribute."""
        assert value.cls is not None
        for cls in self._module.resolver.mro(value.cls):
            if name in cls.attributes:
                return cls.qualified_name, all(binding.scope is cls.scope for binding in cls.attributes[name])
        return value.cls.qualified_name, False

    def is_own_object(self, node: cst.BaseExpression) -> bool:
        """Tell whether an expression is the object of the method around it, also of one around a closure."""
        if isinstance(node, cst.Call):
            return dotted_name(node.func) == "super"
        function = self._module.function_at(node)
        return (
            isinstance(node, cst.Name)
            and function is not None
            and (node.value == function.receiver_name or self._is_captured_receiver(function, node.value))
        )

    def _is_captured_receiver(self, function: Function, name: str) -> bool:
        owner = function.scope.owner(name)
        outside = self._module.function_of(owner) if owner is not None else None
        return outside is not None and outside.receiver_name == name


def _alias(bindings: list[Binding]) -> cst.BaseExpression | None:
    """Return the name, attribute or element that a variable stands for, when it is bound once and to nothing else."""
    if len(bindings) != 1 or bindings[0].kind is not BindingKind.ASSIGN or bindings[0].path:
        return None
    value = bindings[0].value
    if not is_a(value, (cst.Attribute, cst.Name, cst.Subscript)) or dotted_name(value) in ("None", "True", "False"):
        return None
    return value
