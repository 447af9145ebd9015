"""Descriptors: what runs when an attribute of somebody else's object is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.model.calls import called_by
from conclint.model.given_functions import calls_given_function
from conclint.model.lock_bindings import bindings_of_lock
from conclint.model.values import Super

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Class, Function
    from conclint.model.locks import Lock
    from conclint.model.module import ModuleModel

_COMPUTING = frozenset(
    {"builtins.property", "functools.cached_property", "cached_property.cached_property"}
    | {"cached_property.threaded_cached_property", "django.utils.functional.cached_property"}
)


class SharedLock(msgspec.Struct, frozen=True):
    """A call that computes an attribute of one object, under a lock that is the same for all of them.

    `made` is where the lock is made, None where that is out of sight.
    """

    call: cst.Call
    cls: Class
    lock: Lock
    made: cst.CSTNode | None


def shared_locks(module: ModuleModel) -> Iterator[SharedLock]:
    """Yield the first such call in each method of the module's descriptors."""
    for cls in module.classes:
        if any("__get__" in owner.methods for owner in module.resolver.mro(cls)):
            for method in cls.methods.values():
                if module.locks.handles_locks(method) or module.entry_locks(method):
                    yield from _in_method(module, cls, method)


def _in_method(module: ModuleModel, cls: Class, method: Function) -> Iterator[SharedLock]:
    held, outer = module.locks.held_at(method), module.entry_locks(method)
    for call in method.scope.calls:
        if not _computes(module, cls, method, call):
            continue
        locks = [module.locks.by_key[key] for key in sorted(held.get(id(call), frozenset()) | outer)]
        for lock in locks:
            made = bindings_of_lock(module, cls, lock)
            if made and lock.kind is not None:
                yield SharedLock(call, cls, lock, made[0].value)
                return


def _computes(module: ModuleModel, cls: Class, method: Function, call: cst.Call) -> bool:
    """Tell the call of a function that the descriptor was given, or what a base class does when it is asked."""
    if not _is_given_object(method, call):
        return False
    if not _asks_base(module, call):
        return calls_given_function(module, cls, call)
    if any(name in _COMPUTING for name in module.base_names(cls)):
        return True
    return any(
        _computes(module, cls, base, inner)
        for base in called_by(module, call)
        if base is not method
        for inner in base.scope.calls
    )


def _asks_base(module: ModuleModel, call: cst.Call) -> bool:
    func = call.func
    return (
        isinstance(func, cst.Attribute)
        and func.attr.value == "__get__"
        and any(isinstance(value, Super) for value in module.values(func.value))
    )


def _is_given_object(method: Function, call: cst.Call) -> bool:
    """Tell whether the object whose attribute it is, is passed on: a parameter, but not the owner of `__get__`."""
    names = [parameter.name.value for parameter in method.parameters[1:]]
    objects = names[:1] if method.name == "__get__" else names
    return any(isinstance(given.value, cst.Name) and given.value.value in objects for given in call.args)
