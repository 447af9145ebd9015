"""Which locks are held where they are taken by other means than `with` and a plain `acquire`."""

from __future__ import annotations

import textwrap

import pytest
from modelling import assert_held

IMPORTS = """
import threading, contextlib, multiprocessing
from contextlib import ExitStack, contextmanager
lock = threading.Lock()
other = threading.Lock()
"""

TRIED = {
    "if": """
        def f():
            if lock.acquire(False):
                here()  # held: lock
                lock.release()
            here()  # held: nothing
    """,
    "if not": """
        def f():
            if not lock.acquire(timeout=1):
                return here()  # held: nothing
            here()  # held: lock
    """,
    "a flag": """
        def f():
            got = lock.acquire(timeout=1)
            here()  # held: nothing
            if got:
                here()  # held: lock
    """,
    "a flag, negated": """
        def f():
            got = lock.acquire(timeout=1)
            if not got:
                raise TimeoutError
            here()  # held: lock
    """,
    "a flag in finally": """
        def f():
            got = lock.acquire(blocking=False)
            try:
                work()
            finally:
                if got:
                    here()  # held: lock
                    lock.release()
            here()  # held: nothing
    """,
    "a flag that is overwritten": """
        def f():
            got = lock.acquire(timeout=1)
            got = other_thing()
            if got:
                here()  # held: nothing
    """,
    "a walrus": """
        def f():
            if got := lock.acquire(timeout=1):
                here()  # held: lock
            if not got:
                here()  # held: nothing
            else:
                here()  # held: lock
    """,
    "compared with False": """
        def f():
            if lock.acquire(False) is False:
                return
            here()  # held: lock
    """,
    "compared with True": """
        def f():
            if lock.acquire(False) == True:
                here()  # held: lock
            else:
                here()  # held: nothing
    """,
    "asserted": """
        def f():
            assert lock.acquire(timeout=1)
            here()  # held: lock
    """,
    "while not": """
        def f():
            while not lock.acquire(timeout=1):
                here()  # held: nothing
            here()  # held: lock
    """,
    "while": """
        def f():
            while lock.acquire(False):
                here()  # held: lock
                lock.release()
            here()  # held: nothing
    """,
    "result thrown away": """
        def f():
            lock.acquire(timeout=1)
            here()  # held: nothing
    """,
    "blocking=True is no try": """
        def f():
            lock.acquire(blocking=True)
            here()  # held: lock
            other.acquire(True)
            here()  # held: lock, other
    """,
    "two at once": """
        def f():
            if lock.acquire(False) and other.acquire(False):
                here()  # held: lock, other
    """,
    "two flags": """
        def f():
            one = lock.acquire(False)
            two = other.acquire(False)
            if one and two:
                here()  # held: lock, other
            elif one:
                here()  # held: lock
            elif two:
                here()  # held: other
    """,
}

MANAGERS = {
    "ExitStack": """
        def f():
            with ExitStack() as stack:
                here()  # held: nothing
                stack.enter_context(lock)
                here()  # held: lock
                stack.enter_context(other)
                here()  # held: lock, other
            here()  # held: nothing
    """,
    "ExitStack leaves alone what it did not enter": """
        def f():
            lock.acquire()
            with ExitStack() as stack:
                stack.enter_context(other)
                here()  # held: lock, other
            here()  # held: lock
    """,
    "ExitStack in a branch": """
        def f(x):
            with ExitStack() as stack:
                if x:
                    stack.enter_context(lock)
                here()  # held: nothing
            here()  # held: nothing
    """,
    "contextmanager": """
        @contextmanager
        def holding():
            lock.acquire()
            try:
                here()  # held: lock
                yield
            finally:
                lock.release()
        def f():
            with holding():
                here()  # held: lock
            here()  # held: nothing
    """,
    "contextmanager around with": """
        @contextlib.contextmanager
        def holding():
            with lock, other:
                yield 1
        def f():
            with holding() as x:
                here()  # held: lock, other
            here()  # held: nothing
    """,
    "contextmanager that takes it after the yield": """
        @contextmanager
        def releasing():
            yield
            lock.acquire()
        def f():
            with releasing():
                here()  # held: nothing
    """,
    "a contextmanager that yields on two ways": """
        @contextmanager
        def perhaps(x):
            if x:
                with lock:
                    yield
            else:
                yield
        def f():
            with perhaps(1):
                here()  # held: nothing
    """,
    "a class of one's own": """
        class Guard:
            def __init__(self):
                self._lock = threading.Lock()
            def __enter__(self):
                self._lock.acquire()
                return self
            def __exit__(self, *exc):
                self._lock.release()
            def method(self):
                here()  # held: nothing
                with self:
                    here()  # held: self._lock
                here()  # held: nothing
        def f():
            guard = Guard()
            with guard:
                here()  # held: guard._lock
            here()  # held: nothing
    """,
    "a guard that is given the lock": """
        class Guard:
            def __init__(self, what):
                self._what = what
            def __enter__(self):
                self._what.acquire()
            def __exit__(self, *exc):
                self._what.release()
        class C:
            def __init__(self):
                self._lock = threading.Lock()
            def f(self):
                with Guard(lock):
                    here()  # held: lock
                with Guard(what=self._lock):
                    here()  # held: self._lock
                    self._lock.release()
                    here()  # held: nothing
    """,
    "a contextmanager that is given the lock": """
        @contextmanager
        def holding(what, *, log=None):
            what.acquire()
            try:
                yield
            finally:
                what.release()
        def f():
            with holding(lock):
                here()  # held: lock
                with holding(log=1, what=other):
                    here()  # held: lock, other
            here()  # held: nothing
    """,
    "a contextmanager of another object": """
        class C:
            def __init__(self):
                self._lock = threading.Lock()
                self.peer = C()
            @contextmanager
            def locked(self):
                with self._lock:
                    yield self
            def f(self):
                with self.locked():
                    here()  # held: self._lock
                    with self.peer.locked():
                        here()  # held: self._lock, self.peer._lock
                here()  # held: nothing
    """,
    "an asynccontextmanager": """
        @contextlib.asynccontextmanager
        async def holding():
            with lock:
                yield
        async def f():
            async with holding():
                here()  # held: lock
            here()  # held: nothing
    """,
    "an asynchronous class of one's own": """
        import asyncio
        class Guard:
            def __init__(self):
                self._lock = asyncio.Lock()
            async def __aenter__(self):
                await self._lock.acquire()
            async def __aexit__(self, *exc):
                self._lock.release()
            async def f(self):
                async with self:
                    here()  # held: self._lock
                here()  # held: nothing
    """,
    "ExitStack with a release put on it": """
        def f(x):
            with ExitStack() as stack:
                lock.acquire()
                stack.callback(lock.release)
                here()  # held: lock
                other.acquire()
                stack.push(other.__exit__)
                here()  # held: lock, other
            here()  # held: nothing
    """,
    "ExitStack with a helper": """
        @contextmanager
        def holding():
            with lock:
                yield
        def f():
            with ExitStack() as stack:
                stack.enter_context(holding())
                here()  # held: lock
            here()  # held: nothing
    """,
    "ExitStack that is closed by hand": """
        def f():
            stack = ExitStack()
            stack.enter_context(lock)
            here()  # held: lock
            stack.close()
            here()  # held: nothing
    """,
    "AsyncExitStack": """
        import asyncio
        slot = asyncio.Semaphore(2)
        async def f():
            async with contextlib.AsyncExitStack() as stack:
                await stack.enter_async_context(slot)
                here()  # held: slot
            here()  # held: nothing
    """,
    "closing something else": """
        def f(file):
            lock.acquire()
            file.close()
            here()  # held: lock
    """,
    "a lock if there is need of one": """
        def f(shared):
            with lock if shared else contextlib.nullcontext():
                here()  # held: lock
            guard = contextlib.nullcontext() if shared else other
            with guard:
                here()  # held: other
            here()  # held: nothing
    """,
    "this lock or that": """
        def f(x):
            with lock if x else other:
                here()  # held: nothing
    """,
    "the two halves of a lock for readers and writers": """
        import fasteners
        rw = fasteners.ReaderWriterLock()
        def f():
            with rw.write_lock():
                here()  # held: rw
            rw.acquire_read_lock()
            here()  # held: rw
            rw.release_read_lock()
            here()  # held: nothing
    """,
    "a file lock with a limit": """
        import filelock
        claim = filelock.FileLock("x")
        def f():
            with claim.acquire(timeout=3):
                here()  # held: claim
            here()  # held: nothing
    """,
    "a class that guards nothing": """
        class Guard:
            def __enter__(self):
                return self
            def __exit__(self, *exc):
                pass
        def f():
            with Guard():
                here()  # held: nothing
    """,
    "called by hand": """
        def f():
            lock.__enter__()
            here()  # held: lock
            lock.__exit__(None, None, None)
            here()  # held: nothing
    """,
    "a derived lock": """
        class Named(threading.Condition):
            pass
        named = Named()
        def f():
            with named:
                here()  # held: named
            here()  # held: nothing
    """,
    "nullcontext holds nothing": """
        def f():
            with contextlib.nullcontext():
                here()  # held: nothing
    """,
}

CALLEES = {
    "a function that takes it": """
        def take():
            lock.acquire()
        def give():
            lock.release()
        def f():
            take()
            here()  # held: lock
            give()
            here()  # held: nothing
    """,
    "a function that takes and gives back": """
        def work():
            with lock:
                pass
        def f():
            work()
            here()  # held: nothing
    """,
    "a function that gives back a caller's and takes it again": """
        def pause():
            lock.release()
            sleep()
            lock.acquire()
        def f():
            with lock:
                pause()
                here()  # held: lock
    """,
    "two calls deep": """
        def take():
            lock.acquire()
        def start():
            take()
        def f():
            start()
            here()  # held: lock
    """,
    "methods": """
        class C:
            def __init__(self):
                self._lock = threading.RLock()
            def begin(self):
                self._lock.acquire()
            def end(self):
                self._lock.release()
            def run(self):
                self.begin()
                here()  # held: self._lock
                self.end()
                here()  # held: nothing
    """,
    "a function that is given the lock": """
        def take(what, also=None):
            what.acquire()
        def give(what):
            what.release()
        def f():
            take(lock)
            here()  # held: lock
            take(also=1, what=other)
            here()  # held: lock, other
            give(lock)
            here()  # held: other
    """,
    "a method of another object": """
        class C:
            def __init__(self):
                self._lock = threading.Lock()
                self.peer = C()
            def begin(self):
                self._lock.acquire()
            def end(self):
                self._lock.release()
            def f(self):
                self.peer.begin()
                here()  # held: self.peer._lock
                with self._lock:
                    here()  # held: self._lock, self.peer._lock
                self.peer.end()
                here()  # held: nothing
    """,
    "a function that takes it on one way": """
        def take(x):
            if x:
                lock.acquire()
        def f():
            take(1)
            here()  # held: nothing
    """,
    "recursion": """
        def take(n):
            if n:
                take(n - 1)
            lock.acquire()
        def f():
            take(3)
            here()  # held: lock
    """,
    "calling a generator or coroutine runs nothing yet": """
        def gen():
            lock.acquire()
            yield
        async def co():
            lock.acquire()
        def f():
            gen()
            co()
            here()  # held: nothing
    """,
    "an unknown function leaves locks alone": """
        def f(g):
            with lock:
                g()
                here()  # held: lock
    """,
}

WAITS = {
    "an acquire with a limit of asyncio's": """
        import asyncio
        slot = asyncio.Lock()
        async def f():
            await asyncio.wait_for(slot.acquire(), 3)
            here()  # held: slot
            slot.release()
            here()  # held: nothing
    """,
    "an acquire that is awaited and tested": """
        import asyncio
        slot = asyncio.Lock()
        async def f():
            if await slot.acquire():
                here()  # held: slot
            else:
                here()  # held: unreachable
    """,
    "a wait without a limit comes true": """
        cond = threading.Condition()
        def f():
            cond.acquire()
            if cond.wait_for(ready):
                cond.release()
            here()  # held: nothing
    """,
    "a wait with a limit may not": """
        cond = threading.Condition()
        def f():
            cond.acquire()
            if not cond.wait_for(ready, timeout=1):
                return here()  # held: cond
            cond.release()
            here()  # held: nothing
    """,
    "an old name of the thread module's": """
        import _thread
        old = _thread.allocate_lock()
        def f():
            old.acquire_lock()
            here()  # held: old
            old.release_lock()
            here()  # held: nothing
    """,
}

DECORATORS = {
    "a global lock": """
        import functools
        def synchronized(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                with lock:
                    return function(*args, **kwargs)
            return wrapper
        @synchronized
        def f():
            here()  # held: lock
        def g():
            f()
            here()  # held: nothing
    """,
    "the object's lock": """
        def synchronized(method):
            def wrapper(self, *args, **kwargs):
                self._lock.acquire()
                try:
                    return method(self, *args, **kwargs)
                finally:
                    self._lock.release()
            return wrapper
        class C:
            def __init__(self):
                self._lock = threading.RLock()
            @synchronized
            def f(self):
                here()  # held: self._lock
                with self._lock:
                    here()  # held: self._lock
                here()  # held: self._lock
            def g(self):
                self.f()
                here()  # held: nothing
    """,
    "the object's lock through the arguments": """
        def locked(method):
            def inner(*args):
                self = args[0]
                with self._lock:
                    return method(*args)
            return inner
        class C:
            def __init__(self):
                self._lock = threading.RLock()
            @locked
            def f(self):
                here()  # held: self._lock
    """,
    "a lock that the decorator is given": """
        def synchronized(by):
            def decorate(function):
                def wrapper(*args):
                    with by:
                        return function(*args)
                return wrapper
            return decorate
        @synchronized(lock)
        def f():
            here()  # held: lock
        class C:
            _guard = threading.Lock()
            @synchronized(by=_guard)
            def f(self):
                here()  # held: _guard
    """,
    "a lock for each function": """
        def once(function):
            own = threading.Lock()
            def wrapper(*args):
                with own:
                    return function(*args)
            return wrapper
        @once
        def f():
            here()  # held: own
    """,
    "two decorators": """
        def first(function):
            def wrapper():
                with lock:
                    return function()
            return wrapper
        def second(function):
            def wrapper():
                with other:
                    return function()
            return wrapper
        @first
        @second
        def f():
            here()  # held: lock, other
    """,
    "a decorator that calls before it locks": """
        def counted(function):
            def wrapper():
                result = function()
                with lock:
                    return result
            return wrapper
        @counted
        def f():
            here()  # held: nothing
    """,
    "an asynchronous one": """
        import asyncio
        turn = asyncio.Lock()
        def one_at_a_time(function):
            async def wrapper(*args):
                async with turn:
                    return await function(*args)
            return wrapper
        @one_at_a_time
        async def f():
            here()  # held: turn
    """,
    "fasteners'": """
        import fasteners
        class C:
            def __init__(self):
                self._lock = threading.RLock()
            @fasteners.locked
            def f(self):
                here()  # held: self._lock
    """,
    "one of another module, by its name": """
        from ours.tools import synchronized
        class C:
            def __init__(self):
                self._lock = threading.RLock()
            @synchronized
            def f(self):
                here()  # held: self._lock
        @synchronized
        def f():
            here()  # held: @synchronized
    """,
    "one that says nothing about locks": """
        from ours.tools import cached
        @cached
        def f():
            here()  # held: nothing
    """,
}

CONDITIONS = {
    "a condition is its lock": """
        cond = threading.Condition(lock)
        def f():
            with cond:
                here()  # held: lock
            with lock:
                here()  # held: lock
            here()  # held: nothing
    """,
    "two conditions of one lock": """
        full = threading.Condition(lock)
        empty = threading.Condition(lock)
        def f():
            full.acquire()
            here()  # held: lock
            empty.release()
            here()  # held: nothing
    """,
    "attributes": """
        class Q:
            def __init__(self):
                self.mutex = threading.Lock()
                self.not_empty = threading.Condition(self.mutex)
                self.not_full = threading.Condition(lock=self.mutex)
            def put(self):
                with self.not_full:
                    here()  # held: self.mutex
                    self.mutex.release()
                    here()  # held: nothing
                    self.not_empty.acquire()
    """,
    "a lock of its own": """
        cond = threading.Condition()
        def f():
            with cond:
                here()  # held: cond
                cond.wait()
                here()  # held: cond
            here()  # held: nothing
    """,
    "a nameless lock": """
        cond = threading.Condition(threading.Lock())
        def f():
            with cond:
                here()  # held: cond
            here()  # held: nothing
    """,
}

ALIASES = {
    "a local name": """
        def f():
            mine = lock
            with mine:
                lock.release()
                here()  # held: nothing
    """,
    "a local name for an attribute": """
        class C:
            def __init__(self):
                self._lock = threading.Lock()
            def f(self):
                mine = self._lock
                mine.acquire()
                self._lock.release()
                here()  # held: nothing
    """,
    "one class's lock in two methods and a subclass": """
        class A:
            def __init__(self):
                self._lock = threading.Lock()
            def take(self):
                self._lock.acquire()
                here()  # held: self._lock
        class B(A):
            def f(self):
                self.take()
                here()  # held: self._lock
                self._lock.release()
                here()  # held: nothing
    """,
    "another object's lock is another lock": """
        class C:
            def __init__(self):
                self._lock = threading.Lock()
            def copy(self, other: "C"):
                with self._lock:
                    with other._lock:
                        here()  # held: self._lock, other._lock
                        other._lock.release()
                        here()  # held: self._lock
    """,
    "a parameter that sounds like a lock": """
        def f(the_lock):
            with the_lock:
                here()  # held: the_lock
    """,
    "a parameter that does not": """
        def f(file):
            with file:
                here()  # held: nothing
    """,
    "what only sounds like a lock": """
        def clock(): return 1
        def f():
            with open("lock") as lockfile:
                here()  # held: nothing
    """,
    "local names of two functions": """
        def f():
            mine = threading.Lock()
            with mine:
                here()  # held: mine
        def g():
            mine = threading.Lock()
            here()  # held: nothing
            with mine:
                here()  # held: mine
    """,
    "inside a closure": """
        def f():
            mine = threading.Lock()
            def g():
                with mine:
                    here()  # held: mine
            return g
    """,
    "of a class": """
        class C:
            lock = threading.Lock()
            def f(self):
                with self.lock:
                    here()  # held: self.lock
                with C.lock:
                    here()  # held: self.lock
                here()  # held: nothing
    """,
    "of itself": """
        lock = threading.Lock()
        class C:
            lock = lock
            first = second
            second = first
            def f(self):
                with self.lock, self.first:
                    here()  # held: self.lock
    """,
    "of a class, through another object": """
        class C:
            lock = threading.Lock()
            def f(self, other: "C"):
                with self.lock:
                    other.lock.release()
                    here()  # held: nothing
    """,
    "in the body of its class": """
        class C:
            lock = threading.Lock()
            with lock:
                here()  # held: lock
            def f(self):
                with self.lock:
                    here()  # held: lock
    """,
    "an attribute that repeats another": """
        class C:
            def __init__(self):
                self._lock = threading.Lock()
                self.mutex = self._lock
            def f(self):
                with self.mutex:
                    self._lock.release()
                    here()  # held: nothing
    """,
    "elements of a collection": """
        locks = [threading.Lock() for _ in range(9)]
        def f(i, j):
            with locks[i]:
                here()  # held: locks[i]
                with locks[j]:
                    here()  # held: locks[i], locks[j]
                mine = locks[i]
                mine.release()
                here()  # held: nothing
    """,
    "elements of an object's collection": """
        class C:
            def __init__(self):
                self._locks = {1: threading.Lock()}
            def take(self, key):
                self._locks[key].acquire()
            def f(self, key):
                self.take(key)
                here()  # held: self._locks[key]
                self._locks[key].release()
                here()  # held: nothing
    """,
    "a getter": """
        class C:
            def __init__(self):
                self._lock = threading.Lock()
            def get_lock(self):
                return self._lock
            @property
            def mutex(self):
                return self._lock
            def f(self, other: "C"):
                with self.get_lock():
                    here()  # held: self._lock
                with self.mutex:
                    here()  # held: self._lock
                    with other.mutex:
                        here()  # held: self._lock, other._lock
    """,
    "a helper that first asks whether there is a lock": """
        def take():
            if lock:
                lock.acquire()
        def give():
            if lock is not None:
                lock.release()
        def f():
            take()
            here()  # held: lock
            give()
            here()  # held: nothing
        perhaps = None
        def use():
            global perhaps
            perhaps = threading.Lock()
        def g():
            if perhaps:
                perhaps.acquire()
            here()  # held: nothing
    """,
    "a getter that is a function": """
        def the_lock():
            return lock
        def f():
            with the_lock():
                here()  # held: lock
    """,
    "what only sounds like a block": """
        def f(block, my_clock, seconds):
            with block, my_clock, seconds:
                here()  # held: nothing
    """,
    "of a module": """
        import settings
        def f():
            with settings.lock:
                here()  # held: settings.lock
            here()  # held: nothing
    """,
}

ALL = {
    f"{group}: {name}": text
    for group, texts in {
        "tried": TRIED,
        "manager": MANAGERS,
        "callee": CALLEES,
        "wait": WAITS,
        "decorator": DECORATORS,
        "condition": CONDITIONS,
        "alias": ALIASES,
    }.items()
    for name, text in texts.items()
}


@pytest.mark.parametrize("name", ALL)
def test_held(name: str) -> None:
    assert_held(IMPORTS + textwrap.dedent(ALL[name]))
