"""What a call of a library means to threads: what it hands over, what it waits for, and when it is out of turn."""

from __future__ import annotations

from collections.abc import Container
from typing import Literal

import msgspec

from conclint.knowledge.parameter import Parameter
from conclint.knowledge.words import Where


class Runs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A callable is handed over to run elsewhere.

    `args` and `kwargs` say where its own arguments are given; `each` is an iterable whose items are the
    arguments of one call each (`Pool.map`), and written `*@1` it is all iterables from there on, one for each
    parameter (`Executor.map`); `star` tells that each item is unpacked (`starmap`). `initializer` marks what
    runs once in each worker rather than as a task.
    """

    target: Parameter
    where: Where
    args: Parameter | None = None
    kwargs: Parameter | None = None
    each: Parameter | None = None
    star: bool = False
    initializer: bool = False
    own: tuple[str, ...] = ()
    """Keywords that the taker keeps for itself where all others go to the callable."""
    many: bool = False
    """One such call is enough for several runs at the same time. (The workers of a pool are many anyway.)"""
    coroutine: bool = False
    """What is handed over is a coroutine object, made by a call, not a callable."""
    if_async: Where | None = None
    """Where it runs if it is an `async def`; None: nowhere, nothing awaits it."""
    when: str | None = None
    """It runs there only if this event happens to the object: a client's callbacks run in a thread of its own
    after `start`; else in the thread that drives it."""
    methods: tuple[str, ...] = ()
    """What is handed over is a class or an object whose methods run, these; `do_*` stands for a prefix,
    `*` for all."""
    passes: int | None = None
    """How many positional arguments the library passes (the result, a signal's number and frame); None:
    those of `args` and `kwargs` only."""
    names: tuple[str, ...] = ()
    """The keyword arguments that the library passes besides: anyio's `task_status`."""
    taken_by: str | None = None
    """The type of the object that runs it, when that is called with what this call makes: `Parallel()(delayed(f)(1))`."""
    executor: Parameter | None = None
    """The executor whose workers run it; when not given, or None, threads of a default one."""
    errors: Literal["result", "raised", "reported", "ignored"] | None = None
    """Where an exception of the callable ends: in the returned future or iterator, out of the call itself, in
    a message on standard error or a log, or nowhere."""
    on_error: Parameter | None = None
    """The parameter that takes a callback for the exception."""


class Blocks(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A call that may wait for another thread, process or machine.

    With `timeout` given and not None it ends after that many seconds; with `blocking` given and false it does
    not wait at all. `on` is what is waited for: "thread", "process", "queue", "lock", "event", "future",
    "io", "network" (another machine's answer, whatever the socket), "files" (read and worked through), "child",
    "time" or "input".
    """

    on: Literal[
        "thread", "process", "queue", "lock", "event", "future", "io", "network", "files", "child", "time", "input"
    ]
    timeout: Parameter | None = None
    blocking: Parameter | None = None
    default_timeout: float | None = None
    """Seconds it waits when no timeout is given; 0: not at all. None: for ever."""
    releases: bool = False
    """The object's own lock is given up while it waits."""
    unless: Parameter | None = None
    """A parameter which, when given, may spare the wait: `flags` that only allow numeric addresses."""
    on_timeout: Literal["false", "none", "raises"] | None = None
    """How the caller learns that time ran out: a false result, the object's state only, an exception."""


class Deprecated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A name that another replaces, since `since` ("3.10"); `removed` where a release has dropped it."""

    since: str
    use: str
    removed: str | None = None
    attribute: bool = False
    """What replaces it is an attribute: `t.setDaemon(True)` becomes `t.daemon = True`."""


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an event raises when it comes out of turn: other event -> exception.

    `before = {start = "RuntimeError"}`: raised as long as `start` has not happened; `after` the opposite.
    Where any of several events will do, they stand side by side: `before = {"close terminate" = ...}`.
    """

    before: dict[str, str] = {}
    after: dict[str, str] = {}

    def raised(self, happened: Container[str]) -> str | None:
        """Return the exception that the event raises after these events, None when it is in turn."""
        for words, exception in self.before.items():
            if not any(word in happened for word in words.split()):
                return exception
        return next((raised for word, raised in self.after.items() if word in happened), None)


class Polled(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The answer that somebody waits for who asks a question over and over, and the method `use` that waits for it."""

    answer: bool
    use: str
