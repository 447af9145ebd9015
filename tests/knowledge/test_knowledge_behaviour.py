"""What the facts say the standard library does, tried: out of turn, twice, pickled, deprecated."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import functools
import inspect
import logging
import multiprocessing
import multiprocessing.connection
import multiprocessing.context
import multiprocessing.dummy
import multiprocessing.managers
import multiprocessing.pool
import multiprocessing.shared_memory
import multiprocessing.synchronize
import os
import queue
import socket
import subprocess
import sys
import threading
import uuid
from multiprocessing.reduction import ForkingPickler
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from real_things import is_gone, new_enough, real, stdlib

from conclint.knowledge import standard
from conclint.knowledge.schema import Primitive, Transfer

if TYPE_CHECKING:
    from collections.abc import Callable

    from conclint.knowledge.schema import Deprecated, Order

pytestmark = [
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def nothing(*_: object) -> None:
    pass


def raising_wait(thing: Any) -> Any:
    return thing.wait(0.01)


class Scene(NamedTuple):
    """How to make an object, how each event of it happens, and what must go before an event."""

    make: Callable[[], Any]
    do: dict[str, Callable[[Any], Any]]
    first: dict[str, list[str]] = {}


PROCESS = Scene(
    lambda: multiprocessing.get_context("fork").Process(target=nothing),
    {
        "start": lambda p: p.start(),
        "join": lambda p: p.join(10),
        "alive": lambda p: p.is_alive(),
        "daemon": lambda p: setattr(p, "daemon", True),
        "terminate": lambda p: p.terminate(),
        "kill": lambda p: p.kill(),
        "close": lambda p: p.close(),
    },
    {"close": ["start", "join"]},
)
THREAD_LOCK = {"acquire": lambda lock: lock.acquire(), "release": lambda lock: lock.release()}
THREAD_CONDITION = {
    **THREAD_LOCK,
    "wait": raising_wait,
    "notify": lambda c: c.notify(),
    "notify_all": lambda c: c.notify_all(),
}
BARRIER = {"wait": lambda b: b.wait(0.5), "abort": lambda b: b.abort()}
EXECUTOR = {
    "submit": lambda e: e.submit(nothing).result(10),
    "map": lambda e: list(e.map(nothing, [1])),
    "shutdown": lambda e: e.shutdown(),
}
FUTURE = {"set": lambda f: f.set_result(1)}
PROCESS_QUEUE = {
    "put": lambda q: q.put(1),
    "get": lambda q: q.get(True, 0.01),
    "close": lambda q: q.close(),
    "join_thread": lambda q: q.join_thread(),
    "task_done": lambda q: q.task_done(),
}


def shared_memory() -> multiprocessing.shared_memory.SharedMemory:
    return multiprocessing.shared_memory.SharedMemory(
        f"conclint-{uuid.uuid4().hex[:8]}", create=True, size=16
    )


def shareable_list() -> multiprocessing.shared_memory.ShareableList[int]:
    made = multiprocessing.shared_memory.ShareableList([1])
    made.shm.unlink()
    return made


PEERS: list[Any] = []  # the other ends, which must stay open as long as the object is in use


def end(pair: tuple[Any, Any]) -> Any:
    PEERS.append(pair[1])
    return pair[0]


def started(manager: type[multiprocessing.managers.BaseManager]) -> Any:
    made = manager(ctx=multiprocessing.get_context("fork"))
    made.start()
    return made


SCENES: dict[str, Scene] = {
    "threading.Thread": Scene(
        lambda: threading.Thread(target=nothing),
        {
            "start": lambda t: t.start(),
            "join": lambda t: t.join(10),
            "daemon": lambda t: setattr(t, "daemon", True),
        },
    ),
    "threading.Lock": Scene(threading.Lock, THREAD_LOCK),
    "threading.RLock": Scene(threading.RLock, THREAD_LOCK),
    "threading.Condition": Scene(threading.Condition, THREAD_CONDITION),
    "threading.BoundedSemaphore": Scene(threading.BoundedSemaphore, THREAD_LOCK),
    "threading.Barrier": Scene(lambda: threading.Barrier(1), BARRIER),
    "queue.Queue": Scene(
        queue.Queue,
        {
            "put": lambda q: q.put(1),
            "shutdown": lambda q: q.shutdown(),
            "task_done": lambda q: q.task_done(),
        },
    ),
    "multiprocessing.Process": PROCESS,
    "multiprocessing.Pool": Scene(
        lambda: multiprocessing.get_context("fork").Pool(1),
        {
            "submit": lambda p: p.apply_async(nothing).get(10),
            "map": lambda p: p.map(nothing, [1]),
            "close": lambda p: p.close(),
            "terminate": lambda p: p.terminate(),
            "join": lambda p: p.join(),
            "enter": lambda p: p.__enter__(),
        },
    ),
    "multiprocessing.Lock": Scene(multiprocessing.Lock, THREAD_LOCK),
    "multiprocessing.RLock": Scene(multiprocessing.RLock, THREAD_LOCK),
    "multiprocessing.BoundedSemaphore": Scene(multiprocessing.BoundedSemaphore, THREAD_LOCK),
    "multiprocessing.Condition": Scene(multiprocessing.Condition, THREAD_CONDITION),
    "multiprocessing.Barrier": Scene(lambda: multiprocessing.Barrier(1), BARRIER),
    "multiprocessing.Queue": Scene(multiprocessing.Queue, PROCESS_QUEUE),
    "multiprocessing.JoinableQueue": Scene(multiprocessing.JoinableQueue, PROCESS_QUEUE),
    "multiprocessing.SimpleQueue": Scene(
        multiprocessing.SimpleQueue,
        {
            "put": lambda q: q.put(1),
            "get": lambda q: (q.put(1), q.get()),
            "close": lambda q: q.close(),
        },
    ),
    "multiprocessing.connection.Connection": Scene(
        lambda: end(multiprocessing.Pipe()),
        {
            "send": lambda c: c.send_bytes(b"") if c.closed else None,
            "recv": lambda c: c.recv() if c.closed else None,
            "poll": lambda c: c.poll(),
            "close": lambda c: c.close(),
        },
    ),
    "multiprocessing.connection.Listener": Scene(
        lambda: multiprocessing.connection.Listener(("localhost", 0)),
        {"recv": lambda li: li.accept() if li._listener is None else None, "close": lambda li: li.close()},
    ),
    "multiprocessing.shared_memory.SharedMemory": Scene(
        shared_memory, {"unlink": lambda m: m.unlink(), "close": lambda m: m.close()}
    ),
    "multiprocessing.managers.BaseManager": Scene(
        lambda: multiprocessing.managers.BaseManager(ctx=multiprocessing.get_context("fork")),
        {"start": lambda m: m.start()},
    ),
    "multiprocessing.Manager": Scene(
        lambda: multiprocessing.get_context("fork").Manager(), {"start": lambda m: m.start()}
    ),
    "concurrent.futures.Executor": Scene(lambda: concurrent.futures.ThreadPoolExecutor(1), EXECUTOR),
    "concurrent.futures.Future": Scene(concurrent.futures.Future, FUTURE),
    "asyncio.Lock": Scene(asyncio.Lock, THREAD_LOCK),
    "asyncio.Condition": Scene(asyncio.Condition, THREAD_CONDITION),
    "asyncio.BoundedSemaphore": Scene(asyncio.BoundedSemaphore, THREAD_LOCK),
    "asyncio.Queue": Scene(asyncio.Queue, {"put": lambda q: q.put(1), "task_done": lambda q: q.task_done()}),
    "asyncio.Future": Scene(lambda: asyncio.get_running_loop().create_future(), FUTURE),
    "asyncio.AbstractEventLoop": Scene(
        asyncio.new_event_loop,
        {
            "run": lambda loop: loop.run_forever() if loop.is_closed() else None,
            "submit": lambda loop: loop.call_soon(nothing),
            "close": lambda loop: loop.close(),
        },
    ),
    "socket.socket": Scene(
        lambda: end(socket.socketpair()),
        {
            "send": lambda s: s.send(b""),
            "recv": lambda s: s.recv(1, socket.MSG_DONTWAIT) if s.fileno() == -1 else None,
            "close": lambda s: s.close(),
        },
    ),
}


def every_order() -> list[Any]:
    return [
        pytest.param(name, event, order, id=f"{name}-{event}")
        for _, library in stdlib()
        for name, described in library.types.items()
        for event, order in described.order.items()
    ]


def raised(name: str, *events: str) -> str | None:
    """Return the exception that the last of these events raises on a fresh object, the others being fine."""
    scene = SCENES[name]
    words: list[str] = []
    for event in events:
        words += [word for word in scene.first.get(event, ()) if word not in words]
        words.append(event)

    async def story() -> str | None:
        thing = scene.make()
        try:
            for word in words[:-1]:
                await done(scene, word, thing)
            try:
                await done(scene, words[-1], thing)
            except Exception as problem:
                return type(problem).__name__
            return None
        finally:
            dispose(thing)

    return asyncio.run(story())


def dispose(thing: Any) -> None:
    """End what an object has started, and give back what it holds."""
    for name in ("terminate", "shutdown", "close", "unlink"):
        with contextlib.suppress(Exception):
            getattr(thing, name)()
    if isinstance(thing, (multiprocessing.process.BaseProcess, multiprocessing.pool.Pool, subprocess.Popen)):
        with contextlib.suppress(Exception):
            thing.wait() if isinstance(thing, subprocess.Popen) else thing.join()
    while PEERS:
        PEERS.pop().close()


async def done(scene: Scene, word: str, thing: Any) -> None:
    result = scene.do[word](thing)
    if inspect.iscoroutine(result):
        await asyncio.wait_for(result, 0.05) if word == "wait" else await result


@pytest.mark.parametrize(("name", "event", "order"), every_order())
def test_out_of_turn(name: str, event: str, order: Order) -> None:
    unless = {"Empty", "TimeoutError", "BrokenBarrierError" if event != "wait" else ""}
    for words, exception in order.before.items():
        bare = exception.rpartition(".")[2]
        assert raised(name, event) == bare
        assert order.raised(()) == exception
        for word in words.split():
            assert raised(name, word, event) in {None, *unless}
            assert order.raised((word,)) is None
    for word, exception in order.after.items():
        if word == "shutdown" and name == "queue.Queue" and not new_enough("3.13"):
            continue
        bare = exception.rpartition(".")[2]
        met = [words.split()[0] for words in order.before]
        if name == "multiprocessing.Manager":
            assert raised(name, event) == bare
            continue
        assert raised(name, *met, event) in {None, *unless}
        assert raised(name, *met, word, event) == bare
        assert order.raised({*met, word}) == exception


# ---- locks that their holder may take again


def locks() -> list[Any]:
    found = {
        "threading.Lock": threading.Lock,
        "threading.RLock": threading.RLock,
        "threading.Condition": threading.Condition,
        "multiprocessing.Lock": multiprocessing.Lock,
        "multiprocessing.RLock": multiprocessing.RLock,
        "multiprocessing.Condition": multiprocessing.Condition,
    }
    return [pytest.param(name, make, id=name) for name, make in found.items()]


@pytest.mark.parametrize(("name", "make"), locks())
def test_reentrant(name: str, make: Callable[[], Any]) -> None:
    described = standard().type(name)
    assert described is not None
    lock = make()
    lock.acquire()
    assert lock.acquire(False) == described.reentrant


def test_every_lock_says_whether_it_is_reentrant() -> None:
    for _, library in stdlib():
        for name, described in library.types.items():
            if described.kind in (Primitive.LOCK, Primitive.CONDITION):
                assert described.reentrant is not None, name


# ---- what can go to another process


def with_pool(use: Callable[[multiprocessing.pool.Pool], Any]) -> Any:
    with multiprocessing.pool.ThreadPool(1) as pool:
        return use(pool)


SAMPLES: dict[str, Callable[[], Any]] = {
    "threading.Thread": lambda: threading.Thread(target=nothing),
    "threading.Timer": lambda: threading.Timer(1, nothing),
    "threading.Lock": threading.Lock,
    "threading.RLock": threading.RLock,
    "threading.Condition": threading.Condition,
    "threading.Semaphore": threading.Semaphore,
    "threading.BoundedSemaphore": threading.BoundedSemaphore,
    "threading.Event": threading.Event,
    "threading.Barrier": lambda: threading.Barrier(1),
    "threading.local": threading.local,
    "queue.Queue": queue.Queue,
    "queue.LifoQueue": queue.LifoQueue,
    "queue.PriorityQueue": queue.PriorityQueue,
    "queue.SimpleQueue": queue.SimpleQueue,
    "concurrent.futures.Executor": lambda: concurrent.futures.ThreadPoolExecutor(1),
    "concurrent.futures.ThreadPoolExecutor": lambda: concurrent.futures.ThreadPoolExecutor(1),
    "concurrent.futures.ProcessPoolExecutor": lambda: concurrent.futures.ProcessPoolExecutor(1),
    "concurrent.futures.Future": concurrent.futures.Future,
    "multiprocessing.Process": lambda: multiprocessing.Process(target=nothing),
    "multiprocessing.context.ForkProcess": lambda: multiprocessing.get_context("fork").Process(),
    "multiprocessing.context.SpawnProcess": lambda: multiprocessing.get_context("spawn").Process(),
    "multiprocessing.context.ForkServerProcess": lambda: multiprocessing.get_context("forkserver").Process(),
    "multiprocessing.Pool": lambda: multiprocessing.get_context("fork").Pool(1),
    "multiprocessing.pool.ThreadPool": lambda: multiprocessing.pool.ThreadPool(1),
    "multiprocessing.pool.AsyncResult": lambda: with_pool(lambda pool: pool.apply_async(nothing)),
    "multiprocessing.pool.IMapIterator": lambda: with_pool(lambda pool: pool.imap(nothing, [])),
    "multiprocessing.Lock": lambda: multiprocessing.get_context("spawn").Lock(),
    "multiprocessing.RLock": lambda: multiprocessing.get_context("spawn").RLock(),
    "multiprocessing.Condition": lambda: multiprocessing.get_context("spawn").Condition(),
    "multiprocessing.Semaphore": lambda: multiprocessing.get_context("spawn").Semaphore(),
    "multiprocessing.BoundedSemaphore": lambda: multiprocessing.get_context("spawn").BoundedSemaphore(),
    "multiprocessing.Event": lambda: multiprocessing.get_context("spawn").Event(),
    "multiprocessing.Barrier": lambda: multiprocessing.get_context("spawn").Barrier(1),
    "multiprocessing.Queue": lambda: multiprocessing.get_context("spawn").Queue(),
    "multiprocessing.JoinableQueue": lambda: multiprocessing.get_context("spawn").JoinableQueue(),
    "multiprocessing.SimpleQueue": lambda: multiprocessing.get_context("spawn").SimpleQueue(),
    "multiprocessing.Value": lambda: multiprocessing.get_context("spawn").Value("i", 0),
    "multiprocessing.Array": lambda: multiprocessing.get_context("spawn").Array("i", 1),
    "multiprocessing.RawValue": lambda: multiprocessing.RawValue("i", 0),
    "multiprocessing.RawArray": lambda: multiprocessing.RawArray("i", 1),
    "multiprocessing.connection.Connection": lambda: end(multiprocessing.Pipe()),
    "multiprocessing.shared_memory.SharedMemory": shared_memory,
    "multiprocessing.shared_memory.ShareableList": shareable_list,
    "multiprocessing.managers.BaseManager": lambda: started(multiprocessing.managers.BaseManager),
    "multiprocessing.managers.SyncManager": lambda: started(multiprocessing.managers.SyncManager),
    "multiprocessing.managers.SharedMemoryManager": lambda: started(
        multiprocessing.managers.SharedMemoryManager
    ),
    "multiprocessing.Manager": lambda: multiprocessing.get_context("fork").Manager(),
    "subprocess.Popen": lambda: subprocess.Popen([sys.executable, "-c", ""]),
    "socket.socket": socket.socket,
    "contextvars.ContextVar": lambda: contextvars.ContextVar("x"),
    "contextvars.Context": contextvars.Context,
    "contextvars.Token": lambda: contextvars.ContextVar[int]("x").set(1),
    "logging.Logger": lambda: logging.getLogger("conclint.test"),
    "logging.Handler": logging.Handler,
    "sched.scheduler": lambda: real("sched.scheduler")(),
}


def every_transfer() -> list[Any]:
    return [
        pytest.param(name, described.transfer, id=name)
        for _, library in stdlib()
        for name, described in library.types.items()
        if described.transfer is not None and not described.proxy and new_enough(described.since)
    ]


class Spawning:
    """Stands in for the object that starts a process while its arguments are pickled."""

    def duplicate_for_child(self, handle: int) -> int:
        return handle

    def DupFd(self, fd: int) -> int:  # noqa: N802
        return fd


def pickles(thing: object, *, spawning: bool) -> bool:
    start: Any = multiprocessing.context.set_spawning_popen
    start(Spawning() if spawning else None)
    try:
        ForkingPickler.dumps(thing)
    except Exception:
        return False
    finally:
        start(None)
    return True


@pytest.mark.parametrize(("name", "transfer"), every_transfer())
def test_transfer(name: str, transfer: Transfer) -> None:
    thing = SAMPLES[name]()
    as_argument = pickles(thing, spawning=True)
    in_a_task = pickles(thing, spawning=False)
    dispose(thing)
    assert (as_argument, in_a_task) == {
        Transfer.NEVER: (False, False),
        Transfer.INHERIT: (True, False),
        Transfer.ALWAYS: (True, True),
        Transfer.COPY: (True, True),
    }[transfer]


def test_connection_crosses_as_a_task() -> None:
    ours, theirs = multiprocessing.Pipe()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        pool.apply(_say, (theirs,))
        assert ours.recv() == "hello"
    ours.close()
    theirs.close()


def _say(connection: multiprocessing.connection.Connection) -> None:
    connection.send("hello")


# ---- names with a better one


def every_deprecated() -> list[Any]:
    functions = [
        pytest.param(lambda name=name: real(name)(), entry.deprecated, id=name)
        for _, library in stdlib()
        for name, entry in library.functions.items()
        if entry.deprecated is not None
    ]
    arguments = {"setDaemon": (True,), "setName": ("x",)}
    samples: dict[str, Callable[[], Any]] = {
        "threading.Thread": threading.Thread,
        "threading.Event": threading.Event,
        "threading.Condition": threading.Condition,
    }

    def call(type_name: str, method: str) -> None:
        thing = samples[type_name]()
        if method == "notifyAll":
            thing.acquire()
        getattr(thing, method)(*arguments.get(method, ()))

    methods = [
        pytest.param(
            lambda type_name=type_name, method=method: call(type_name, method),
            entry.deprecated,
            id=f"{type_name}.{method}",
        )
        for _, library in stdlib()
        for type_name, described in library.types.items()
        for method, entry in described.methods.items()
        if entry.deprecated is not None and not is_gone(entry.deprecated)
    ]
    return functions + methods


@pytest.mark.parametrize(("call", "deprecated"), every_deprecated())
def test_deprecated(call: Callable[[], None], deprecated: Deprecated) -> None:
    with pytest.warns(DeprecationWarning, match=rf"\b{deprecated.use}\b") as warned:
        call()
    assert ("attribute instead" in str(warned[0].message)) == deprecated.attribute


# ---- the rest


def test_default_start_method() -> None:
    stated = standard().default_start_method(sys.platform, sys.version_info[:2])
    assert stated == multiprocessing.get_all_start_methods()[0]


def test_start_methods_of_contexts() -> None:
    for method in multiprocessing.get_all_start_methods():
        context: Any = multiprocessing.get_context(method)
        for thing in (type(context), context.Process):
            described = standard().type(f"{thing.__module__}.{thing.__qualname__}")
            assert described is not None
            assert described.start_method == method


def test_main_thread_only() -> None:
    problems: list[str] = []

    def elsewhere() -> None:
        import signal

        loop = asyncio.new_event_loop()
        calls: list[Callable[[], object]] = [
            lambda: signal.signal(signal.SIGUSR1, signal.SIG_DFL),
            lambda: signal.set_wakeup_fd(-1),
            lambda: loop.add_signal_handler(signal.SIGUSR1, nothing),
        ]
        for call in calls:
            try:
                call()
            except (ValueError, RuntimeError) as problem:
                problems.append(type(problem).__name__)
        loop.close()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert len(problems) == 3


def test_never_returns() -> None:
    with pytest.raises(SystemExit):
        sys.exit()
    with pytest.raises(SystemExit):
        real("_thread.exit")()
    child = subprocess.run([sys.executable, "-c", "import os; os._exit(7); print('on')"], check=False)
    assert child.returncode == 7
    assert os._exit is real("os._exit")


def test_handler_emits_under_its_lock() -> None:
    held: list[bool] = []

    class Watching(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            assert record
            lock: Any = self.lock
            other = threading.Thread(target=lambda: held.append(not lock.acquire(blocking=False)))
            other.start()
            other.join()

    override = standard().override("logging.Handler", "emit")
    assert override is not None
    assert override.holds == "lock"
    Watching().handle(logging.LogRecord("n", 10, "p", 1, "m", (), None))
    assert held == [True]


RESERVING: dict[str, Callable[[], object]] = {
    "threading.Thread": threading.Thread,
    "threading.Timer": lambda: threading.Timer(1, nothing),
    "multiprocessing.Process": multiprocessing.Process,
}


@pytest.mark.parametrize("name", RESERVING)
def test_reserved_names(name: str) -> None:
    made = RESERVING[name]()
    own = {attribute for attribute in dir(made) if not attribute.startswith("__")}
    reserved = standard().reserved(name)
    here = {
        attribute
        for attribute, versions in reserved.items()
        if new_enough(versions.since) and (versions.until is None or not newer_than(versions.until))
    }
    renamed = {"_handle", "_os_thread_handle"}
    assert own - renamed == here - renamed
    for attribute, stated in reserved.items():
        if stated.store_raises is not None:
            assert raised_by(functools.partial(setattr, made, attribute, 1)) == stated.store_raises
        elif stated.may == "override":
            assert callable(getattr(type(made), attribute, nothing))


class UnpreparedThread(threading.Thread):
    def __init__(self) -> None:
        pass


class UnpreparedProcess(multiprocessing.Process):
    def __init__(self) -> None:
        pass


@pytest.mark.parametrize(
    ("name", "cls"),
    [("threading.Thread", UnpreparedThread), ("multiprocessing.Process", UnpreparedProcess)],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_names_that_wait_for_the_constructor(name: str, cls: type) -> None:
    arguments: dict[str, tuple[object, ...]] = {"setName": ("x",), "setDaemon": (True,)}
    values = {"name": "x", "daemon": True, "authkey": b"x"}
    for attribute, stated in standard().reserved(name).items():
        if attribute.startswith("_") or attribute == "run":
            assert stated.early_use is None
        elif new_enough(stated.since):
            given = arguments.get(attribute, ())
            assert raised_by(lambda: getattr(cls(), attribute)(*given)) == stated.early_use, attribute  # noqa: B023
            if stated.may == "store":
                store = functools.partial(setattr, cls(), attribute, values[attribute])
                assert raised_by(store) == stated.early_store, attribute


def raised_by(act: Callable[[], object]) -> str | None:
    try:
        act()
    except (AssertionError, AttributeError, RuntimeError) as failure:
        return type(failure).__name__
    return None


def newer_than(version: str) -> bool:
    return sys.version_info[:2] > tuple(int(part) for part in version.split("."))


def test_attributes_are_of_the_stated_type() -> None:
    made = queue.Queue[int]()
    for name, kind in (("mutex", type(threading.Lock())), ("not_empty", threading.Condition)):
        assert isinstance(getattr(made, name), kind)
        stated = standard().attribute("queue.Queue", name)
        assert stated is not None
        assert stated.returns in {"threading.Lock", "threading.Condition"}
