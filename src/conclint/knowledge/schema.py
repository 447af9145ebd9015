"""The shape of the facts in `stdlib/*.toml`, `libraries/*.toml` and `kinds.toml`, and of those that users add
in `[tool.conclint.knowledge]`.

A parameter is written `name@position`, positions 0-based and without `self`: `target@1`. `name@` is keyword
only, `@0` positional only, `*@1` all positional arguments from 1 on, `**` all other keyword arguments.

Events are words, the same for every kind: start, join, run, daemon, name, acquire, release, query, wait,
wait_for, notify, notify_all, set, clear, submit, map, shutdown, close, terminate, kill, put, get, task_done,
result, cancel, send, recv, poll, abort, reset, alive, callback, unlink, join_thread, cancel_join_thread,
settimeout, acquire_shared, release_shared.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Literal

import msgspec

from conclint.knowledge.parameter import Parameter
from conclint.knowledge.words import Domain, Primitive, Transfer, Where

__all__ = [
    "Attribute",
    "Base",
    "Blocks",
    "Choice",
    "Decorator",
    "Deprecated",
    "Domain",
    "Function",
    "Kind",
    "Library",
    "Method",
    "Order",
    "Override",
    "Parameter",
    "Primitive",
    "Reserved",
    "Runs",
    "StartMethod",
    "Transfer",
    "Type",
    "Variable",
    "Where",
]


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


class Method(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What calling a method means.

    `event` is the word for what happens to the object: start, join, acquire, release, wait, notify, close ...
    `returns` is the qualified name of the type of the result, `yields` that of its items when it is iterable.
    `raises` lists what it raises when used out of turn. `since` is the version that brought it: of Python,
    or of the library when it is none of the standard library's.
    """

    event: str | None = None
    blocks: Blocks | None = None
    runs: tuple[Runs, ...] = ()
    makes: str | None = None
    """Calling it is calling this type: `get_context().Process(...)`."""
    returns: str | None = None
    yields: str | None = None
    lazy: bool = False
    """The result is an iterator which has to be consumed for errors to be seen."""
    handle: bool = False
    """The result is the only way to learn of the outcome, errors included: it should not be dropped."""
    consumes: Parameter | None = None
    """The futures, tasks or coroutines given here are waited for."""
    takes: Parameter | None = None
    """The item that is handed over to whoever gets it: `Queue.put(item)`, `Connection.send(obj)`."""
    count: Parameter | None = None
    """How often: `Semaphore.release(n)`, `Condition.notify(n)`."""
    coroutine: bool = False
    """The call only makes a coroutine, which blocks nothing but the task that awaits it."""
    thread_safe: bool | None = None
    """Whether it may be called from any thread; None: as its type says."""
    reentrant: bool | None = None
    """Whether a signal handler or finalizer that interrupts it may call it; None: as its type says."""
    main_thread_only: bool = False
    """Outside the main thread it raises."""
    polled: Polled | None = None
    """The method is a question that can be waited for instead of being asked again and again."""
    effect: str | None = None
    enter: str | None = None
    exit: str | None = None
    raises: tuple[str, ...] = ()
    deprecated: Deprecated | None = None
    since: str | None = None
    source: str | None = None


class Attribute(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An attribute of a type whose value is itself of interest: `process.sentinel`, `shm.buf`."""

    returns: str | None = None
    effect: str | None = None
    guarded_by: str | None = None
    """The attribute that holds the lock of this condition."""
    source: str | None = None


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is true of every value of one kind: its methods, and the events of storing to its attributes.

    `enter` and `exit` are the events of the halves of a `with` statement.
    """

    methods: dict[str, Method] = {}
    attributes: dict[str, str] = {}
    order: dict[str, Order] = {}
    """Event -> what it raises when it comes out of turn."""
    enter: str | None = None
    exit: str | None = None


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An argument of a constructor that settles the domain, by its literal value."""

    parameter: Parameter
    domains: dict[str, Domain]


class Type(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A class, or a function that makes a primitive, by its qualified name.

    `methods` add to those of the kind or replace them. `guarded_by` names the constructor's parameter that
    takes a lock which the primitive then is an alias of (`Condition(lock)`). `workers` is the parameter that
    bounds how many run at once. `enter` and `exit` are the events of `with` or `async with`.
    """

    kind: Primitive
    domain: Domain = Domain.THREAD
    settled_by: tuple[Choice, ...] = ()
    """Arguments that make the domain another one: `Parallel(prefer="threads")`."""
    base: str | None = None
    """A described type whose methods, order, attributes and with-events hold here too, unless replaced."""
    reentrant: bool | None = None
    """Of a lock: its holder may take it again. Of a container: a handler or finalizer may use it."""
    thread_safe: bool | None = None
    """Its methods may be called from several threads without a lock."""
    transfer: Transfer | None = None
    runs: tuple[Runs, ...] = ()
    methods: dict[str, Method] = {}
    absent: tuple[str, ...] = ()
    """Methods of the kind or base that it lacks; `__enter__`: it is no context manager."""
    order: dict[str, Order] = {}
    guarded_by: Parameter | None = None
    workers: Parameter | None = None
    alone_by_default: bool = False
    """Without a number of workers, and with 1, it runs everything itself, in the caller's thread."""
    context: Parameter | None = None
    """The parameter that takes a process context, which settles the start method."""
    count: Parameter | None = None
    """The number it is made with: a semaphore's value, a barrier's parties, a queue's size."""
    daemon: Parameter | None = None
    parameters: tuple[str, ...] = ()
    """The names of the constructor's positional parameters in order, where a rule needs to rewrite calls."""
    items: tuple[str, ...] = ()
    """A call makes a tuple of these types: the two ends of a pipe."""
    attributes: dict[str, Attribute] = {}
    hooks: dict[str, Override] = {}
    """Attributes that take a callable: `client.on_message = f`; a name may be a prefix, `on_*`."""
    proxy: bool = False
    """Its calls go to a manager's server process, and give copies."""
    blocks: Blocks | None = None
    """The call itself may wait: `socket.create_connection`."""
    start_method: str | None = None
    """The start method that it stands for: multiprocessing's "fork", "spawn" or "forkserver", or one of its own."""
    enter: str | None = None
    exit: str | None = None
    enters: str | None = None
    """Qualified name of the type that `with ... as x` binds, where it is not the object itself."""
    alias_of: str | None = None
    """The same class under its defining name."""
    coroutine: bool = False
    """The call must be awaited; then it gives the object."""
    deprecated: Deprecated | None = None
    since: str | None = None
    source: str | None = None


class Function(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A function that makes no primitive: what it runs elsewhere, whether it waits, what it returns.

    `never_returns` marks `sys.exit` and its like; `effect` names a change to the whole process: "cwd",
    "umask", "fork", "environment", "signal", "event loop", "start method", "locale", "warnings", "streams",
    "socket timeout", "interpreter", "limits", "user", "random", "monkey patch".
    """

    runs: tuple[Runs, ...] = ()
    blocks: Blocks | None = None
    returns: str | None = None
    yields: str | None = None
    lazy: bool = False
    handle: bool = False
    consumes: Parameter | None = None
    coroutine: bool = False
    thread_safe: bool | None = None
    """False: to be called on the event loop's own thread only."""
    reentrant: bool | None = None
    """False: a signal handler that calls it can meet it half done (buffered streams, logging)."""
    main_thread_only: bool = False
    start_method: Parameter | None = None
    """The parameter that names a start method of multiprocessing."""
    effect: str | None = None
    never_returns: bool = False
    deprecated: Deprecated | None = None
    alias_of: str | None = None
    since: str | None = None
    source: str | None = None


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


class Variable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A module's variable: changing it, or what it holds, has an effect on the whole process."""

    effect: str | None = None
    type: str | None = None
    """Qualified name of the type of its value."""
    confined: bool = False
    """Each thread, task or request sees a value of its own: `flask.g`."""
    changed_by: str | None = None
    """Of a container: what a thread does that changes it, for a message: "imports something"."""
    source: str | None = None


class StartMethod(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The default start method of multiprocessing on `platform` (as `sys.platform`) from `since` on."""

    platform: str
    since: str
    method: str


class Library(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One TOML file: the facts about one library. `source` is its documentation.

    The file bears the name of the library's import root. `modules` are the modules it speaks of, so that
    `from x import *` can be resolved; `reexports` maps other public names of a class, function or whole
    module to the name it is described under, `hidden` lists described names that `import *` does not bind.
    """

    source: str = ""
    modules: tuple[str, ...] = ()
    reexports: dict[str, str] = {}
    hidden: tuple[str, ...] = ()
    kinds: dict[Primitive, Kind] = {}
    types: dict[str, Type] = {}
    functions: dict[str, Function] = {}
    decorators: dict[str, Decorator] = {}
    bases: dict[str, Base] = {}
    variables: dict[str, Variable] = {}
    start_methods: tuple[StartMethod, ...] = ()
    patterns: dict[str, str] = {}
    """Forms of qualified names, as of generated code, and under what they are described:
    `*_pb2_grpc.*Servicer`. Consulted for functions and bases, in `kinds.toml` and a user's table only."""
    fragments: dict[str, tuple[str, ...]] = {}
    """Bare names and what they may stand for in fragments of code without imports, the likeliest first."""
