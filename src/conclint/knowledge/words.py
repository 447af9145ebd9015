"""The words of concurrency that facts are stated in."""

from __future__ import annotations

import enum


class Primitive(enum.Enum):
    """What kind of thing a value is, in the words of concurrency."""

    __hash__ = object.__hash__  # that of enum.Enum is written in Python

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
    TASK_GROUP = "task group"
    QUEUE = "queue"
    PIPE = "pipe"
    CONNECTION = "connection"
    LISTENER = "listener"
    SHARED_VALUE = "shared value"
    SHARED_MEMORY = "shared memory"
    MANAGER = "manager"
    PROXY = "proxy"
    THREAD_LOCAL = "thread-local"
    CONTEXT_VARIABLE = "context variable"
    CONTEXT = "context"  # contextvars.Context: a set of context variables' values
    PROCESS_CONTEXT = "process context"
    EVENT_LOOP = "event loop"
    SUBPROCESS = "subprocess"
    SERVER = "server"
    SCHEDULER = "scheduler"
    SERVICE = "service"  # a client, observer or listener that runs callbacks in threads of its own
    SELECTOR = "selector"
    LOG = "log"
    SOCKET = "socket"
    TLS_CONTEXT = "TLS context"
    FINALIZER = "finalizer"
    INTERPRETER = "interpreter"


class Domain(enum.Enum):
    """Between whom a primitive works."""

    __hash__ = object.__hash__  # that of enum.Enum is written in Python

    THREAD = "thread"
    PROCESS = "process"
    INTERPRETER = (
        "interpreter"  # threads with an interpreter of their own: like processes, they share nothing
    )
    ASYNCIO = "asyncio"  # tasks of an event loop, be it asyncio's, trio's or tornado's
    GREENLET = "greenlet"  # cooperative threads: gevent, eventlet
    HOST = "host"  # all processes of a machine, or of several: file locks, redis locks


class Where(enum.Enum):
    """Where a callable that was handed over will run."""

    __hash__ = object.__hash__  # that of enum.Enum is written in Python

    THREAD = "thread"  # a new thread
    PROCESS = "process"  # a new process
    INTERPRETER = "interpreter"  # another interpreter of this process
    WORKER = "worker"  # a worker of the pool or executor it was given to
    HELPER = "helper"  # a thread that the library keeps: a dispatcher, a result handler
    LOOP = "loop"  # the event loop, between other callbacks
    GREENLET = "greenlet"  # a cooperative thread, which changes only where something waits
    SIGNAL = "signal"  # a signal handler, on the main thread between two bytecodes
    FINALIZER = "finalizer"  # wherever garbage collection happens
    EXIT = "exit"  # the main thread while the interpreter ends
    FORK = "fork"  # around os.fork
    CALLER = "caller"  # in the calling thread, during the call or a later one of the same object


class Transfer(enum.Enum):
    """Whether an object can be handed to another process."""

    NEVER = "never"  # pickling it raises
    INHERIT = "inherit"  # as an argument of a Process or of a pool's initializer only, not of a task
    ALWAYS = "always"  # pickled, and still the same thing on the other side
    COPY = "copy"  # pickled, but the other side gets a copy of its own
