"""The shape of the facts in `knowledge/*.toml`, and of those that users add in `[tool.conclint.knowledge]`.

A parameter is written `name@position`, positions 0-based and without `self`: `target@1`. `name@` is keyword
only, `@0` positional only, `*@1` all positional arguments from 1 on, `**` all other keyword arguments.
"""

from __future__ import annotations

import enum

import msgspec


class Primitive(enum.Enum):
    """What kind of thing a value is, in the words of concurrency."""

    LOCK = "lock"
    SEMAPHORE = "semaphore"
    CONDITION = "condition"
    EVENT = "event"
    BARRIER = "barrier"
    TIMER = "timer"
    THREAD = "thread"
    PROCESS = "process"
    POOL = "pool"
    EXECUTOR = "executor"
    FUTURE = "future"
    TASK = "task"
    QUEUE = "queue"
    PIPE = "pipe"
    CONNECTION = "connection"
    SHARED_VALUE = "shared value"
    SHARED_MEMORY = "shared memory"
    MANAGER = "manager"
    PROXY = "proxy"
    THREAD_LOCAL = "thread-local"
    CONTEXT_VARIABLE = "context variable"
    PROCESS_CONTEXT = "process context"
    EVENT_LOOP = "event loop"
    SUBPROCESS = "subprocess"
    SERVER = "server"
    SCHEDULER = "scheduler"


class Domain(enum.Enum):
    """Between whom a primitive works."""

    THREAD = "thread"
    PROCESS = "process"
    ASYNCIO = "asyncio"


class Where(enum.Enum):
    """Where a callable that was handed over will run."""

    THREAD = "thread"  # a new thread
    PROCESS = "process"  # a new process
    WORKER = "worker"  # a worker of the pool or executor it was given to
    LOOP = "loop"  # the event loop, between other callbacks
    SIGNAL = "signal"  # a signal handler, on the main thread between two bytecodes
    FINALIZER = "finalizer"  # wherever garbage collection happens
    EXIT = "exit"  # the main thread while the interpreter ends
    FORK = "fork"  # around os.fork
    CALLER = "caller"  # at once, in the calling thread


class Parameter(msgspec.Struct, frozen=True):
    """How a call hands an argument over: by name, by 0-based position without `self`, or either."""

    name: str | None = None
    position: int | None = None
    rest: bool = False
    """All positional arguments from `position` on, or, without a position, all other keywords."""

    @classmethod
    def parse(cls, text: str) -> Parameter:
        """Read the written form. Raises `ValueError` for any other text."""
        if text == "**":
            return cls(rest=True)
        name, at, position = text.partition("@")
        if not at or (position and not position.isdigit()) or not (name or position):
            raise ValueError(f"'{text}' is no parameter: write name@position")
        index = int(position) if position else None
        if name == "*":
            return cls(position=index, rest=True)
        return cls(name or None, index)


class Runs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A callable is handed over to run elsewhere.

    `args` and `kwargs` say where its own arguments are given; `each` is an iterable whose items are the
    arguments of one call each (`Pool.map`); `star` tells that each item is unpacked (`starmap`).
    `initializer` marks what runs once in each worker rather than as a task.
    """

    target: Parameter
    where: Where
    args: Parameter | None = None
    kwargs: Parameter | None = None
    each: Parameter | None = None
    star: bool = False
    initializer: bool = False


class Blocks(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A call that may wait for another thread, process or machine.

    With `timeout` given and not None it ends after that many seconds; with `blocking` given and false it does
    not wait at all. `on` is what is waited for: "thread", "queue", "lock", "io", "child" or "time".
    """

    on: str
    timeout: Parameter | None = None
    blocking: Parameter | None = None


class Deprecated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A name that another replaces, since `since` ("3.10"); `removed` where a release has dropped it."""

    since: str
    use: str
    removed: str | None = None
    attribute: bool = False
    """What replaces it is an attribute: `t.setDaemon(True)` becomes `t.daemon = True`."""


class Method(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What calling a method means.

    `event` is the word for what happens to the object: start, join, acquire, release, wait, notify, close ...
    `returns` is the qualified name of the type of the result. `raises` lists what it raises when used out of
    turn. `since` is the Python version that brought it.
    """

    event: str | None = None
    blocks: Blocks | None = None
    runs: tuple[Runs, ...] = ()
    returns: str | None = None
    raises: tuple[str, ...] = ()
    deprecated: Deprecated | None = None
    since: str | None = None
    source: str | None = None


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is true of every value of one kind: its methods, and the events of storing to its attributes.

    `context` maps the halves of a `with` statement to events: `{enter = "acquire", exit = "release"}`.
    """

    methods: dict[str, Method] = {}
    attributes: dict[str, str] = {}
    enter: str | None = None
    exit: str | None = None


class Type(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A class, or a function that makes a primitive, by its qualified name.

    `methods` add to those of the kind or replace them. `guarded_by` names the constructor's parameter that
    takes a lock which the primitive then is an alias of (`Condition(lock)`). `workers` is the parameter that
    bounds how many run at once.
    """

    kind: Primitive
    domain: Domain = Domain.THREAD
    reentrant: bool | None = None
    runs: tuple[Runs, ...] = ()
    methods: dict[str, Method] = {}
    guarded_by: Parameter | None = None
    workers: Parameter | None = None
    daemon: Parameter | None = None
    parameters: tuple[str, ...] = ()
    """The names of the constructor's parameters in order, where a rule needs to rewrite calls."""
    enter: str | None = None
    exit: str | None = None
    enters: str | None = None
    """Qualified name of the type that `with ... as x` binds, where it is not the object itself."""
    alias_of: str | None = None
    """The same class under its defining name."""
    since: str | None = None
    source: str | None = None


class Function(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A function that makes no primitive: what it runs elsewhere, whether it waits, what it returns.

    `never_returns` marks `sys.exit` and its like; `effect` names a change to the whole process ("cwd",
    "environment", "signal", "start method").
    """

    runs: tuple[Runs, ...] = ()
    blocks: Blocks | None = None
    returns: str | None = None
    effect: str | None = None
    never_returns: bool = False
    deprecated: Deprecated | None = None
    alias_of: str | None = None
    since: str | None = None
    source: str | None = None


class Library(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One TOML file: the facts about one library. `source` is its documentation.

    `modules` are the modules it speaks of, so that `from x import *` can be resolved; `reexports` maps the
    other public names of a class or function to the name it is described under.
    """

    source: str = ""
    modules: tuple[str, ...] = ()
    reexports: dict[str, str] = {}
    kinds: dict[Primitive, Kind] = {}
    types: dict[str, Type] = {}
    functions: dict[str, Function] = {}
