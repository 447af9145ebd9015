"""Which variables of a module the program has to hear of: the others are nobody's business."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import libcst as cst

from conclint.model.words import CHANGING, AccessKind, Base
from conclint.syntax import BindingKind
from conclint.syntax.children import is_a

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from conclint.model import Function, ModuleModel
    from conclint.model.accesses import Access
    from conclint.program.standing import Standing
    from conclint.syntax import Scope

_CONSTRUCTORS = ("__init__", "__new__", "__post_init__")


class Draft(Protocol):
    """A function with its accesses."""

    function: Function
    standing: Standing
    accesses: list[Access]


def of_interest(drafts: Iterable[Draft], *, with_globals: bool) -> frozenset[str]:
    """Return the variables of which some access may be of interest: compound, iterated, changed in place or guarded.

    With `with_globals`, also every global that is written: child processes have copies of their own.

    What is only stored and loaded, each time atomically and without a lock, is nobody's business. An object that is
    worked with under a lock, and elsewhere without, may be what the lock is for.
    """
    compound: set[str] = set()
    written: set[str] = set()
    used: dict[bool, set[str]] = {True: set(), False: set()}
    for draft in drafts:
        constructor = draft.function.name in _CONSTRUCTORS
        held = draft.standing.held
        for access in draft.accesses:
            key = access.variable.key
            own = constructor and access.variable.base is Base.SELF
            if access.kind.writes and not own:
                written.add(key)
            guarded = any(held.get(id(part)) for part in access.parts) if held else False
            if access.method and not own:
                used[guarded].add(key)
            changed = access.kind.compound or access.kind is AccessKind.MUTATE
            copied = with_globals and access.kind.writes and access.variable.base is Base.GLOBAL
            if guarded or copied or (not own and changed):
                compound.add(key)
    return frozenset(compound & written | used[True] & used[False])


def names_of_interest(module: ModuleModel, locking: Collection[Function]) -> frozenset[str]:
    """Return the last names of all variables that may be `of_interest`, and of others.

    They are what is changed anywhere, constructors apart, or used where a lock may be held. To find the accesses of a function
    takes long, and most functions name nothing of that kind.
    """
    found: set[str] = set()
    for function in module.functions:
        if function.scope.is_callable:
            for scope in function.scopes:
                found.update(scope.global_names, scope.nonlocal_names, _stored(function, scope))
                for call in scope.calls:
                    if is_a(call.func, cst.Attribute) and (call.func.attr.value in CHANGING or function in locking):
                        found.update(_names_of(call.func.value, function))
    return frozenset(found)


def mentions(function: Function, names: Collection[str]) -> bool:
    """Tell whether a function's own code has one of some names, as that of a variable or of an attribute."""
    return any(
        any(attribute.attr.value in names for attribute in scope.attributes) or any(name.value in names for name in scope.names)
        for scope in function.scopes
    )


def _stored(function: Function, scope: Scope) -> Iterator[str]:
    receiver = function.receiver_name if function.name in _CONSTRUCTORS else None
    for store in scope.stores:
        if is_a(store.node, cst.Subscript):
            yield from _names_of(store.node.value, function)
        elif is_a(store.node, cst.Attribute):
            holder = store.node.value
            if receiver is None or not is_a(holder, cst.Name) or holder.value != receiver:
                yield store.name


def _names_of(node: cst.BaseExpression, function: Function) -> Iterator[str]:
    """Yield the last name of an expression, and that of what it stands for when it is a local."""
    if is_a(node, cst.Attribute):
        yield node.attr.value
    elif is_a(node, cst.Name):
        yield node.value
        for binding in function.scope.bindings.get(node.value, ()):
            if binding.kind is BindingKind.ASSIGN and isinstance(binding.value, cst.Attribute):
                yield binding.value.attr.value
            elif binding.kind is BindingKind.ASSIGN and isinstance(binding.value, cst.Name):
                yield binding.value.value
