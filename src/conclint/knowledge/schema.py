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

from typing import Literal

import msgspec

from conclint.knowledge.calling import Blocks, Deprecated, Order, Polled, Runs
from conclint.knowledge.frameworks import Base, Decorator, Override, Reserved
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
    "Polled",
    "Primitive",
    "Reserved",
    "Runs",
    "StartMethod",
    "Transfer",
    "Type",
    "Variable",
    "Where",
]


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
    number: Literal["uses", "ends"] | None = None
    """Its first argument is the number of a process or open file. What "ends" that lets the system give the number to others."""
    never_returns: bool = False
    deprecated: Deprecated | None = None
    alias_of: str | None = None
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
    windows: tuple[str, ...] = ()
    """Forms of the names of classes whose objects belong to the thread of the window, and of what only their subclasses
    have, such as signals: `*.QtWidgets.Q*`. In `kinds.toml` and a user's table only."""
    fragments: dict[str, tuple[str, ...]] = {}
    """Bare names and what they may stand for in fragments of code without imports, the likeliest first."""
