"""What a module tells the program about itself: plain data, so that it can be cached and sent."""

from __future__ import annotations

import msgspec

from conclint.draft import Place
from conclint.knowledge.schema import Domain, Where
from conclint.model.words import AccessKind


class AccessFact(msgspec.Struct, frozen=True):
    """A write to a variable.

    `locks` are surely held at it, by this function alone; `live` tells whether threads that this function has
    started may be running by then.
    """

    variable: str
    label: str
    kind: AccessKind
    place: Place
    locks: tuple[str, ...]
    live: bool


class CallFact(msgspec.Struct, frozen=True):
    """A call of a function of the program, by its key, and what is held and running then."""

    callee: str
    locks: tuple[str, ...]
    live: bool


class FunctionFact(msgspec.Struct, frozen=True):
    """A function: `name` as `__qualname__` spells it. `exported` ones may be called by code that is not to be seen."""

    key: str
    name: str
    exported: bool
    accesses: tuple[AccessFact, ...] = ()
    calls: tuple[CallFact, ...] = ()


class RootFact(msgspec.Struct, frozen=True):
    """A function that another thread, process or handler runs, and where it is handed over.

    Roots with the same `lane` never run at the same time: they share an executor with one worker.
    """

    function: str
    where: Where
    domain: Domain
    many: bool
    place: Place
    lane: str = ""
    apart: tuple[int, ...] = ()
    """The positions, among the module's roots, of those that are never running while this one is."""


class ModuleSummary(msgspec.Struct, frozen=True):
    """All that program rules see of a module."""

    path: str
    functions: tuple[FunctionFact, ...] = ()
    roots: tuple[RootFact, ...] = ()
    locks: dict[str, str] = {}
    """The names of locks, for messages, by key."""
