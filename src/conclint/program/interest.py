"""Which variables of a module the program has to hear of: the others are nobody's business."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import libcst as cst

from conclint.model.given_containers import names_gone_through
from conclint.model.words import CHANGING, AccessKind, Base
from conclint.syntax import BindingKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

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


def names_of_interest(module: ModuleModel, locking: Collection[Function], *, with_globals: bool) -> frozenset[str]:
    """Return the last names of all variables that may be `of_interest`, and of others.

    They are written somewhere, constructors apart, and somewhere gone through, changed in several steps or in place, or
    named where a lock may be held; or they are used under a lock. To find the accesses of a function takes long, and most
    functions name nothing of that kind.
    """
    search = _Search(with_globals=with_globals)
    looped = names_gone_through(module)
    for function in module.functions:
        if function.scope.is_callable:
            for name in looped.get(id(function), ()):
                search.telling.update(_meant_by(name, function))
            search.look_at(function, locks=function in locking)
    return frozenset((search.written & search.telling) | search.used)


class _Search:
    """Collects names: of what is written, of what may be done to a variable in several steps, of what is used under a lock."""

    def __init__(self, *, with_globals: bool) -> None:
        self.written: set[str] = set()
        self.telling: set[str] = set()
        self.used: set[str] = set()
        self._with_globals = with_globals

    def look_at(self, function: Function, *, locks: bool) -> None:
        """Collect the names in a function; `locks` tells whether a lock may be held there."""
        if locks:
            self.telling.update(function.named)
        for scope in function.scopes:
            for name in scope.global_names | scope.nonlocal_names:
                augmented = any(binding.kind is BindingKind.AUGMENT for binding in scope.bindings.get(name, ()))
                self._stored(function, name, certainly=augmented or self._with_globals)
            self._stores(function, scope)
            for call in scope.calls:
                if call.func.__class__ is cst.Attribute:
                    changes = call.func.attr.value in CHANGING
                    names = _names_of(call.func.value, function) if changes or locks else ()
                    if changes:
                        self.written.update(names)
                        self.telling.update(names)
                    if locks:
                        self.used.update(names)

    def _stores(self, function: Function, scope: Scope) -> None:
        receiver = function.receiver_name if function.name in _CONSTRUCTORS else None
        for store in scope.stores:
            if store.node.__class__ is cst.Subscript:
                names = _names_of(store.node.value, function)
                self.written.update(names)
                self.telling.update(names)
            elif store.node.__class__ is cst.Attribute:
                holder = store.node.value
                if receiver is None or holder.__class__ is not cst.Name or holder.value != receiver:
                    self._stored(function, store.name, certainly=store.kind is BindingKind.AUGMENT)

    def _stored(self, function: Function, name: str, *, certainly: bool) -> None:
        """Note a store; that it goes by what was there before takes another use of the variable in the function."""
        self.written.add(name)
        if certainly or function.named[name] > 1:
            self.telling.add(name)


def _names_of(node: cst.BaseExpression, function: Function) -> list[str]:
    """Return the last name of an expression, and that of what it stands for when it is a local."""
    if node.__class__ is cst.Attribute:
        return [node.attr.value]
    return _meant_by(node.value, function) if node.__class__ is cst.Name else []


def _meant_by(name: str, function: Function) -> list[str]:
    found = [name]
    for binding in function.scope.bindings.get(name, ()):
        if binding.kind is BindingKind.ASSIGN:
            if binding.value.__class__ is cst.Attribute:
                found.append(binding.value.attr.value)
            elif binding.value.__class__ is cst.Name:
                found.append(binding.value.value)
    return found
