"""What a module defines, for the program to look up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.events import functions_of
from conclint.model.locks import LOCKING
from conclint.model.values import ClassValue, Instance, Symbol
from conclint.program.summary import ClassFact
from conclint.syntax import BindingKind, ScopeKind

if TYPE_CHECKING:
    from conclint.model import Class, Function, ModuleModel
    from conclint.model.variables import Variable
    from conclint.program.keys import Keys
    from conclint.syntax import Binding


def class_fact(model: ModuleModel, cls: Class, keys: Keys) -> ClassFact:
    """Return what the program needs to know of a class."""
    bases = []
    for value in model.resolver.bases(cls):
        if isinstance(value, ClassValue):
            bases.append(keys.of_class(value.cls))
        elif isinstance(value, Symbol):
            bases.append(value.name)
        else:
            bases.append("?")
    return ClassFact(
        keys.of_class(cls),
        cls.qualified_name,
        tuple(bases),
        {name: keys.of(method) for name, method in cls.methods.items()},
        tuple(sorted(name for name in cls.attributes if name not in cls.methods)),
        locks_of(model, cls),
        _is_of_window(model, cls),
        given_to(cls),
    )


def given_to(cls: Class) -> dict[str, str]:
    """Return the attributes of a class that only ever hold what its constructor is given, or None, with the parameters."""
    init = cls.methods.get("__init__")
    if init is None:
        return {}
    parameters = {parameter.name.value for parameter in init.parameters} - {init.receiver_name}
    found: dict[str, str] = {}
    for name, bindings in cls.attributes.items():
        stored = [b for b in bindings if not (b.value.__class__ is cst.Name and b.value.value == "None")]
        if len(stored) != 1 or stored[0].scope is not init.scope or stored[0].kind is not BindingKind.ASSIGN or stored[0].path:
            continue
        value = stored[0].value
        if isinstance(value, cst.Name) and value.value in parameters and len(init.scope.bindings.get(value.value, ())) == 1:
            found[name] = value.value
    return found


def _is_of_window(model: ModuleModel, cls: Class) -> bool:
    """Tell a class that derives from one of a toolkit's, or has signals as only those may."""
    names = [value.name for value in model.resolver.bases(cls) if isinstance(value, Symbol)]
    for bindings in cls.scope.bindings.values():
        made = (binding.value.func for binding in bindings if binding.value.__class__ is cst.Call)
        names += filter(None, map(model.symbol, made))
    return any(map(model.knowledge.is_of_window, names))


def locks_of(model: ModuleModel, cls: Class) -> tuple[str, ...]:
    """Return the names of the attributes of a class that hold a lock."""
    return tuple(sorted(name for name, bindings in cls.attributes.items() if _holds_lock(model, bindings)))


def sees_to_itself(model: ModuleModel, variable: Variable) -> bool:
    """Tell what needs no lock of its user: a primitive, a container of single steps, an object that has a lock."""
    variables = model.variables
    if variables.is_container(variable) or variables.is_synchronised(variable):
        return True
    held = (value for binding in variables.bindings(variable) for value in model.resolver.binding(binding))
    classes = (value.cls for value in held if isinstance(value, Instance) and value.cls is not None)
    return any(locks_of(model, one) for cls in classes for one in model.resolver.mro(cls))


def _holds_lock(model: ModuleModel, bindings: list[Binding]) -> bool:
    return any(
        isinstance(value, Instance) and value.facts is not None and value.facts.kind in LOCKING
        for binding in bindings
        if binding.kind is not BindingKind.DEFINITION
        for value in model.resolver.binding(binding)
    )


def exports_of(model: ModuleModel, keys: Keys) -> dict[str, str]:
    """Return the module's own names: functions, bound methods and classes by key, what is imported or an alias by symbol."""
    found: dict[str, str] = {}
    for name, bindings in model.tree.root.bindings.items():
        if len(bindings) != 1:
            bindings = [one for one in bindings if one.kind is not BindingKind.DECLARE]  # noqa: PLW2901
        for binding in bindings:
            target = _exported(model, binding, keys)
            if target:
                found[name] = target
    return found


def _exported(model: ModuleModel, binding: Binding, keys: Keys) -> str:
    if binding.kind in (BindingKind.IMPORT, BindingKind.IMPORT_FROM):
        return model.resolver.bound.imported(binding)
    if binding.kind is BindingKind.DEFINITION:
        scope = model.tree.scopes.get(id(binding.node))
        function = model.function_of(scope) if scope is not None else None
        if scope is None or function is None:
            return ""
        cls = model.class_of(scope)
        return keys.of_class(cls) if cls is not None else keys.of(function)
    return _alias(model, binding.value, keys) if binding.value is not None else ""


def _alias(model: ModuleModel, value: cst.CSTNode, keys: Keys) -> str:
    """Return what a module-level name stands for: `register = _tracker.register` is the method of the module's own object."""
    foreign = model.foreign.path(value)
    if foreign or not isinstance(value, (cst.Name, cst.Attribute)):
        return foreign
    functions = [function for function, _ in functions_of(model.values(value))]
    return keys.of(functions[0]) if len(functions) == 1 == len(model.values(value)) else ""


def imports_of(model: ModuleModel) -> tuple[str, ...]:
    """Return the absolute names that a module imports, in whichever scope."""
    found = {
        model.resolver.bound.imported(binding)
        for scope in model.scopes
        for bindings in scope.bindings.values()
        for binding in bindings
        if binding.qualified
    }
    return tuple(sorted(found - {""}))


def is_exported(function: Function) -> bool:
    """Tell a function that code which is not to be seen may call."""
    parent = function.scope.parent
    nested = parent is not None and parent.is_callable
    if function.is_module:
        return True
    if nested or function.scope.kind is ScopeKind.LAMBDA:
        return False
    name = function.name
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))
