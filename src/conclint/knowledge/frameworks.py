"""Code of the user that a framework runs: methods of classes that derive from its own, and decorated functions."""

from __future__ import annotations

from typing import Literal

import msgspec

from conclint.knowledge.words import Domain, Where


class Override(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where code of the user runs that a framework calls.

    `many`: several calls at once, as things are by default.
    """

    where: Where
    domain: Domain = Domain.THREAD
    """Of a worker: whether workers are threads or processes."""
    many: bool = False
    coroutine: Where | None = None
    """Where an `async def` runs; None: the same place."""
    when: str | None = None
    """It runs there only if this event happens to the object, else in the thread that drives it."""
    passes: int | None = None
    """How many positional arguments the framework passes, without `self`."""
    holds: str | None = None
    """The attribute with the lock that the framework holds meanwhile: `logging.Handler.emit` under `lock`."""


class Decorator(Override, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A decorator, bare or called, that hands the decorated function to a framework."""

    returns: str | None = None
    """The type that the decorated name then has, when it is no longer a plain function."""
    since: str | None = None
    source: str | None = None


class Reserved(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A name that a class needs for itself, in the versions of Python from `since` to `until`, both included."""

    since: str | None = None
    until: str | None = None
    may: Literal["nothing", "store", "override"] = "nothing"
    """What a subclass may do all the same: store to it, as a parameter of the constructor does, or bind it in its body."""
    store_raises: str | None = None
    """What storing to it raises: it is a property that is only read."""
    early_use: str | None = None
    """What reading or calling it raises as long as the class's own `__init__` has not run."""
    early_store: str | None = None
    """What storing to it raises as long as the class's own `__init__` has not run."""


class Base(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A class that people derive from: which methods of theirs are called from where.

    A method's name may be a prefix, `do_*`. `mixes` says where servers with this class among their bases run
    their handlers. `base` is a described class whose facts hold here too.
    """

    base: str | None = None
    fresh: bool = False
    """Each run gets an object of its own, a request's handler: `self` isn't shared."""
    methods: dict[str, Override] = {}
    mixes: Override | None = None
    reserved: dict[str, Reserved] = {}
    """Attributes and methods that the class uses itself."""
    since: str | None = None
    source: str | None = None
