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
                here()  # held: self._lock
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
        "condition": CONDITIONS,
        "alias": ALIASES,
    }.items()
    for name, text in texts.items()
}


@pytest.mark.parametrize("name", ALL)
def test_held(name: str) -> None:
    assert_held(IMPORTS + textwrap.dedent(ALL[name]))
