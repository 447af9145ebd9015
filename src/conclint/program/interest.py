"""Which variables of a module the program has to hear of: the others are nobody's business."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from conclint.model.words import AccessKind, Base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from conclint.model import Function
    from conclint.model.accesses import Access


class Draft(Protocol):
    """A function with its accesses."""

    function: Function
    accesses: list[Access]


def of_interest(
    drafts: Iterable[Draft], held_in: Callable[[Function], dict[int, frozenset[str]]], *, with_globals: bool
) -> frozenset[str]:
    """Return the variables of which some access may be of interest: compound, iterated, changed in place or guarded.

    With `with_globals`, also every global that is written: child processes have copies of their own.

    What is only stored and loaded, each time atomically and without a lock, is nobody's business. An object that is
    worked with under a lock, and elsewhere without, may be what the lock is for.
    """
    compound: set[str] = set()
    written: set[str] = set()
    used: dict[bool, set[str]] = {True: set(), False: set()}
    for draft in drafts:
        constructor = draft.function.name in ("__init__", "__new__", "__post_init__")
        held = held_in(draft.function)
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
