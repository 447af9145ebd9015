"""State that all objects of a class share, under a lock that each of them has for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.model.accesses import Access, accesses_named
from conclint.model.values import ClassValue
from conclint.model.words import AccessKind, Base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Class, Function
    from conclint.model.locks import Lock
    from conclint.model.module import ModuleModel

_PLAIN_DECORATORS = frozenset({"dataclass", "define", "frozen", "attrs", "s", "final", "total_ordering", "runtime_checkable"})


class MisguardedWrite(msgspec.Struct, frozen=True):
    """A write to shared state in `function` under `lock`, which every object makes for itself at `made`."""

    access: Access
    lock: Lock
    made: cst.CSTNode
    function: Function


def misguarded_writes(module: ModuleModel) -> Iterator[MisguardedWrite]:
    """Yield the writes to globals and class attributes that are only guarded by locks of single objects.

    A write counts if it takes more than one step, or if the same lock is held to use the state once more: one store or
    one append needs no lock. A class of which there is one object only has one lock.
    """
    shared = module.variables.names_beyond_objects
    for function in module.functions:
        if function.cls is None or shared.isdisjoint(function.named) or not module.locks.handles_locks(function):
            continue
        found = accesses_named(module, function, shared & function.named.keys())
        beyond = [access for access in found if access.variable.base in (Base.GLOBAL, Base.CLASS)]
        if not any(access.kind.writes for access in beyond):
            continue
        held = module.locks.held_at(function)
        under = [
            (access, frozenset.intersection(*(held.get(id(part), frozenset()) for part in access.parts))) for access in beyond
        ]
        seen: set[str] = set()
        for access, keys in under:
            again = any(
                other.variable == access.variable and other is not access and keys <= theirs for other, theirs in under
            )
            if not keys or not _needs_a_lock(access, again) or access.variable.key in seen:
                continue
            if not all(_made_by_object(module, function.cls, module.locks.by_key[key]) for key in keys):
                continue
            locks = [module.locks.by_key[key] for key in sorted(keys | module.entry_locks(function))]
            made = [_made_by_object(module, function.cls, lock) for lock in locks]
            if all(made) and not module.variables.is_synchronised(access.variable):
                seen.add(access.variable.key)
                yield MisguardedWrite(access, locks[0], made[0], function)  # type: ignore[arg-type]


def _needs_a_lock(access: Access, again: bool) -> bool:
    return access.kind.writes and (access.kind.compound or (again and access.kind is AccessKind.STORE))


def _made_by_object(module: ModuleModel, cls: Class, lock: Lock) -> cst.CSTNode | None:
    """Return where each object makes a lock for itself; None where it may be the same one for several."""
    if not lock.of_self or lock.kind is None or "[" in lock.key:
        return None
    name = lock.key.rpartition(".")[2]
    for owner in module.resolver.mro(cls):
        bindings = owner.attributes.get(name, [])
        if bindings:
            made = all(
                binding.scope is not owner.scope and isinstance(binding.value, cst.Call) and not binding.path
                for binding in bindings
            )
            return bindings[0].value if made and not _is_single(module, cls) else None
    return None


def _is_single(module: ModuleModel, cls: Class) -> bool:
    """Tell a class that the module makes one object of, when it is imported, or that may see to it itself."""
    classes = module.resolver.mro(cls)
    own_way = any(
        "__new__" in owner.methods or owner.node.keywords or not _PLAIN_DECORATORS.issuperset(_decorators(owner))
        for owner in classes
    )
    calls = [
        call
        for scope in module.scopes
        for call in scope.calls
        if any(isinstance(value, ClassValue) and value.cls is cls for value in module.values(call.func))
    ]
    once = len(calls) == 1 and not module.repeats(calls[0]) and not module.tree.scope_of(calls[0]).is_callable
    return own_way or once


def _decorators(cls: Class) -> Iterator[str]:
    from conclint.syntax.walk import dotted_name

    for decorator in cls.node.decorators:
        expression = decorator.decorator
        yield dotted_name(expression.func if isinstance(expression, cst.Call) else expression).rpartition(".")[2]
