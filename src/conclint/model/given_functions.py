"""Functions that an object of this module was given to call later, as a decorator is given the one that it decorates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.assuming import bound_once
from conclint.syntax import BindingKind

if TYPE_CHECKING:
    from conclint.model.definitions import Class
    from conclint.model.module import ModuleModel


def calls_given_function(module: ModuleModel, cls: Class, call: cst.Call) -> bool:
    """Tell `self.func(...)` where a parameter was stored as `self.func`, in code of an object of `cls`."""
    func = (bound_once(module, call.func) if isinstance(call.func, cst.Name) else None) or call.func
    owners = module.resolver.mro(cls)
    if not isinstance(func, cst.Attribute) or module.class_of_receiver(func.value) not in owners:
        return False
    name = func.attr.value
    return not any(name in owner.methods for owner in owners) and any(
        isinstance(binding.value, cst.Name) and is_parameter(module, binding.value)
        for owner in owners
        for binding in owner.attributes.get(name, ())
    )


def calls_outer_parameter(module: ModuleModel, call: cst.Call) -> bool:
    """Tell `func(...)` in a function inside the one that was given `func`."""
    func = call.func
    if not isinstance(func, cst.Name):
        return False
    scope = module.tree.scope_of(func)
    owner = scope.owner(func.value)
    return (
        owner is not None
        and owner.is_callable
        and owner is not scope.execution
        and is_parameter(module, func)
    )


def is_parameter(module: ModuleModel, name: cst.Name) -> bool:
    """Tell a variable that is a parameter of the function whose variable it is."""
    owner = module.tree.scope_of(name).owner(name.value)
    bindings = owner.bindings.get(name.value, []) if owner is not None else []
    return any(binding.kind is BindingKind.PARAMETER for binding in bindings)
