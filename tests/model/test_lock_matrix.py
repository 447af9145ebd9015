"""Every kind of lock held by every means is held inside, and free before and after."""

from __future__ import annotations

import itertools
import textwrap

import pytest
from modelling import assert_held

KINDS = (
    "threading.Lock",
    "threading.RLock",
    "threading.Condition",
    "threading.Semaphore",
    "threading.BoundedSemaphore",
    "multiprocessing.Lock",
    "multiprocessing.RLock",
    "multiprocessing.Condition",
    "multiprocessing.Semaphore",
    "multiprocessing.BoundedSemaphore",
)
ASYNCIO = ("asyncio.Lock", "asyncio.Condition", "asyncio.Semaphore", "asyncio.BoundedSemaphore")

# LOCK stands for the name of the lock, BODY for what is done under it.
MEANS = {
    "with": """
        with LOCK:
            BODY
    """,
    "acquire and release": """
        LOCK.acquire()
        BODY
        LOCK.release()
    """,
    "try finally": """
        LOCK.acquire()
        try:
            BODY
        finally:
            LOCK.release()
    """,
    "a try": """
        if LOCK.acquire(False):
            try:
                BODY
            finally:
                LOCK.release()
    """,
    "a try with a flag": """
        got = LOCK.acquire(timeout=1.5)
        if not got:
            return
        BODY
        LOCK.release()
    """,
    "ExitStack": """
        with contextlib.ExitStack() as stack:
            stack.enter_context(LOCK)
            BODY
    """,
    "helper functions": """
        take()
        BODY
        give()
    """,
    "a context manager": """
        with holding():
            BODY
    """,
    "a decorator": """
        @locked
        def inner(x):
            BODY
        inner(x)
    """,
}

ASYNCIO_MEANS = {
    "with": """
        async with LOCK:
            BODY
    """,
    "acquire and release": """
        await LOCK.acquire()
        BODY
        LOCK.release()
    """,
    "try finally": """
        await LOCK.acquire()
        try:
            BODY
        finally:
            LOCK.release()
    """,
    "a limit": """
        await asyncio.wait_for(LOCK.acquire(), timeout=1.5)
        try:
            BODY
        finally:
            LOCK.release()
    """,
    "AsyncExitStack": """
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(LOCK)
            BODY
    """,
    "helper functions": """
        await take()
        BODY
        give()
    """,
    "a context manager": """
        async with holding():
            BODY
    """,
    "a decorator": """
        @locked
        async def inner(x):
            BODY
        await inner(x)
    """,
}

WAYS_THROUGH = {
    "straight on": "here()  # held: LOCK",
    "a branch": """
        if x:
            here()  # held: LOCK
        here()  # held: LOCK
    """,
    "a loop": """
        for i in x:
            if i:
                continue
            here()  # held: LOCK
        here()  # held: LOCK
    """,
    "a caught exception": """
        try:
            work()
        except OSError:
            here()  # held: LOCK
        else:
            here()  # held: LOCK
        here()  # held: LOCK
    """,
}

PLACES = {
    "a global": """
        import contextlib, multiprocessing, threading
        lock = KIND()
        def locked(function):
            def wrapper(*args):
                with lock:
                    return function(*args)
            return wrapper
        def take():
            lock.acquire()
        def give():
            lock.release()
        @contextlib.contextmanager
        def holding():
            with lock:
                yield
        def f(x):
            here()  # held: nothing
            CODE
            here()  # held: nothing
    """,
    "an attribute": """
        import contextlib, multiprocessing, threading
        class C:
            def __init__(self):
                self.lock = KIND()
            def locked(self, function):
                def wrapper(*args):
                    with self.lock:
                        return function(*args)
                return wrapper
            def take(self):
                self.lock.acquire()
            def give(self):
                self.lock.release()
            @contextlib.contextmanager
            def holding(self):
                with self.lock:
                    yield
            def f(self, x):
                here()  # held: nothing
                CODE
                here()  # held: nothing
    """,
}


def filled(text: str, **parts: str) -> str:
    """Return `text` with each word replaced by a text of several lines, indented as the word is."""
    lines = []
    for given in textwrap.dedent(text).strip("\n").split("\n"):
        line = given
        margin = line[: len(line) - len(line.lstrip())]
        for word, part in parts.items():
            line = line.replace(word, textwrap.indent(textwrap.dedent(part).strip(), margin).lstrip())
        lines.append(line)
    return "\n".join(lines)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("means", MEANS)
@pytest.mark.parametrize("kind", KINDS)
def test_held_inside_and_free_around(kind: str, means: str, place: str) -> None:
    for way in WAYS_THROUGH.values():
        code = filled(MEANS[means], BODY=way)
        if place == "an attribute":
            code = code.replace("take()", "self.take()").replace("give()", "self.give()")
            code = code.replace("holding()", "self.holding()").replace("@locked", "@self.locked")
        text = filled(PLACES[place], CODE=code, KIND=kind)
        assert_held(text.replace("LOCK", "lock" if place == "a global" else "self.lock"))


ASYNCIO_PLACE = """
    import asyncio, contextlib
    lock = KIND()
    def locked(function):
        async def wrapper(*args):
            async with lock:
                return await function(*args)
        return wrapper
    async def take():
        await lock.acquire()
    def give():
        lock.release()
    @contextlib.asynccontextmanager
    async def holding():
        async with lock:
            yield
    async def f(x):
        here()  # held: nothing
        CODE
        here()  # held: nothing
"""


@pytest.mark.parametrize("means", ASYNCIO_MEANS)
@pytest.mark.parametrize("kind", ASYNCIO)
def test_held_by_a_coroutine(kind: str, means: str) -> None:
    for way in WAYS_THROUGH.values():
        code = filled(ASYNCIO_MEANS[means], BODY=way)
        assert_held(filled(ASYNCIO_PLACE, CODE=code, KIND=kind).replace("LOCK", "lock"))


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        pair
        for pair in itertools.product(MEANS, MEANS)
        if pair[0] != pair[1] and "helper functions" not in pair and "a decorator" not in pair
    ],
)
def test_one_means_inside_another(outer: str, inner: str) -> None:
    """Two locks, each taken by its own means: both inside, the outer one alone around."""
    inside = filled(MEANS[inner], BODY="here()  # held: lock, other").replace("LOCK", "other")
    inside = inside.replace("holding()", "holding_other()").replace("got", "got_other").replace("stack", "stack_other")
    inside = f"{inside}\nhere()  # held: lock"
    code = filled(MEANS[outer], BODY=inside).replace("LOCK", "lock")
    second = """
        other = threading.RLock()
        @contextlib.contextmanager
        def holding_other():
            with other:
                yield
    """
    assert_held(filled(PLACES["a global"], KIND="threading.Lock", CODE=code) + textwrap.dedent(second))


@pytest.mark.parametrize(
    "kind",
    ["threading.Event", "threading.Barrier", "threading.Thread", "queue.Queue", "threading.local", "multiprocessing.Pool"],
)
def test_other_primitives_are_no_locks(kind: str) -> None:
    assert_held(f"""
        import multiprocessing, queue, threading
        lock = {kind}(1)
        def f():
            with lock:
                here()  # held: nothing
            lock.acquire()
            here()  # held: nothing
    """)
