"""Which locks are surely held at a line, through every kind of control flow."""

from __future__ import annotations

import textwrap

import pytest
from modelling import assert_held

IMPORTS = """
import sys, os
import threading
from threading import Lock, RLock
lock = Lock()
other = Lock()
"""

FUNCTIONS = {
    "straight on": """
        def f():
            here()  # held: nothing
            lock.acquire()
            here()  # held: lock
            lock.release()
            here()  # held: nothing
    """,
    "with": """
        def f():
            with lock:
                here()  # held: lock
                with other:
                    here()  # held: lock, other
                here()  # held: lock
            here()  # held: nothing
    """,
    "with of two": """
        def f():
            with lock, other:
                here()  # held: lock, other
            here()  # held: nothing
    """,
    "with in brackets": """
        def f():
            with (
                lock,
                other as o,
            ):
                here()  # held: lock, other
            here()  # held: nothing
    """,
    "the second item is evaluated under the first": """
        def f():
            with lock, here():  # held: lock
                pass
    """,
    "try finally": """
        def f():
            lock.acquire()
            try:
                here()  # held: lock
            finally:
                here()  # held: lock
                lock.release()
            here()  # held: nothing
    """,
    "finally after a return, a raise and a break": """
        def f(x):
            while x:
                lock.acquire()
                try:
                    if x == 1:
                        return here()  # held: lock
                    if x == 2:
                        raise ValueError
                    if x == 3:
                        break
                    if x == 4:
                        continue
                finally:
                    lock.release()
                here()  # held: nothing
            here()  # held: nothing
    """,
    "one branch": """
        def f(x):
            if x:
                lock.acquire()
                here()  # held: lock
            here()  # held: nothing
    """,
    "both branches": """
        def f(x):
            if x:
                lock.acquire()
            else:
                lock.acquire()
            here()  # held: lock
    """,
    "elif": """
        def f(x, y):
            if x:
                lock.acquire()
            elif y:
                lock.acquire()
            else:
                return
            here()  # held: lock
    """,
    "the same condition twice": """
        def f(x):
            if x:
                lock.acquire()
            work()
            if x:
                here()  # held: lock
                lock.release()
            here()  # held: nothing
    """,
    "the condition has changed": """
        def f(x):
            if x:
                lock.acquire()
            x = g()
            if x:
                here()  # held: nothing
    """,
    "the opposite condition": """
        def f(x):
            if not x:
                lock.acquire()
            if x:
                here()  # held: nothing
            else:
                here()  # held: lock
    """,
    "a condition of None": """
        def f(x):
            if x is not None:
                lock.acquire()
            if x is None:
                return here()  # held: nothing
            here()  # held: lock
    """,
    "a flag": """
        def f(x):
            taken = False
            if x:
                lock.acquire()
                taken = True
            if taken:
                here()  # held: lock
                lock.release()
            here()  # held: nothing
    """,
    "early return": """
        def f(x):
            lock.acquire()
            if x:
                lock.release()
                return here()  # held: nothing
            here()  # held: lock
    """,
    "an except clause": """
        def f():
            try:
                lock.acquire()
                raise ValueError
            except ValueError:
                here()  # held: lock
            here()  # held: lock
    """,
    "a raise inside with has left it": """
        def f():
            try:
                with lock:
                    raise ValueError
            except ValueError:
                here()  # held: nothing
            here()  # held: nothing
    """,
    "raise goes to the handler that names it": """
        def f(x):
            try:
                if x:
                    lock.acquire()
                    raise KeyError
                raise ValueError
            except KeyError:
                here()  # held: lock
            except ValueError:
                here()  # held: nothing
    """,
    "try else": """
        def f():
            try:
                lock.acquire()
            except OSError:
                raise
            else:
                here()  # held: lock
            here()  # held: lock
    """,
    "try except else finally": """
        def f():
            try:
                lock.acquire()
            except OSError:
                return
            else:
                lock.release()
                here()  # held: nothing
            finally:
                other.acquire()
                here()  # held: other
            here()  # held: other
    """,
    "released in each handler": """
        def f():
            lock.acquire()
            try:
                work()
                raise KeyError
            except KeyError:
                lock.release()
                here()  # held: nothing
            except BaseException:
                lock.release()
                here()  # held: nothing
                raise
            here()  # held: nothing
    """,
    "a handler that only a failing call leads to": """
        def f():
            with lock:
                try:
                    work()
                except OSError:
                    here()  # held: lock
            try:
                work()
            except OSError:
                here()  # held: nothing
    """,
    "a call fails with the lock of its try": """
        def f():
            try:
                with lock:
                    work()
            except OSError:
                here()  # held: nothing
    """,
    "a call may fail before or after the acquire": """
        def f():
            try:
                prepare()
                lock.acquire()
                work()
            except OSError:
                here()  # held: nothing
    """,
    "nested finally": """
        def f():
            lock.acquire()
            try:
                other.acquire()
                try:
                    here()  # held: lock, other
                    return
                finally:
                    other.release()
                    here()  # held: lock
            finally:
                lock.release()
                here()  # held: nothing
    """,
    "while": """
        def f(x):
            while x:
                here()  # held: nothing
                lock.acquire()
                here()  # held: lock
                lock.release()
            here()  # held: nothing
    """,
    "taken in a loop and kept": """
        def f(x):
            for i in x:
                here()  # held: nothing
                lock.acquire()
            here()  # held: nothing
    """,
    "while else": """
        def f(x):
            while x():
                lock.acquire()
                break
            else:
                here()  # held: nothing
                lock.acquire()
            here()  # held: lock
    """,
    "for else": """
        def f(x):
            for i in x:
                lock.acquire()
                break
            else:
                return here()  # held: nothing
            here()  # held: lock
    """,
    "while True ends by break alone": """
        def f(x):
            while True:
                lock.acquire()
                if x():
                    break
                lock.release()
            here()  # held: lock
    """,
    "an endless loop": """
        def f():
            while True:
                with lock:
                    here()  # held: lock
            here()  # held: unreachable
    """,
    "match": """
        def f(x):
            match x:
                case 1:
                    lock.acquire()
                    here()  # held: lock
                case 2:
                    here()  # held: nothing
                case _:
                    return
            here()  # held: nothing
    """,
    "match that takes it in every case": """
        def f(x):
            match x:
                case [1, y] if y:
                    lock.acquire()
                case str():
                    lock.acquire()
                case _:
                    lock.acquire()
            here()  # held: lock
    """,
    "match without a last case": """
        def f(x):
            match x:
                case 1:
                    lock.acquire()
            here()  # held: nothing
    """,
    "sys.exit": """
        def f(x):
            if x:
                sys.exit(1)
                here()  # held: unreachable
            else:
                lock.acquire()
            here()  # held: lock
    """,
    "os._exit": """
        def f(x):
            if not x:
                os._exit(1)
            else:
                lock.acquire()
            here()  # held: lock
    """,
    "an exit of one's own is a call": """
        def exit():
            pass
        def f(x):
            if not x:
                exit()
            else:
                lock.acquire()
            here()  # held: nothing
    """,
    "assert": """
        def f(x):
            if x:
                lock.acquire()
            assert x
            here()  # held: lock
    """,
    "assert False": """
        def f():
            assert False
            here()  # held: unreachable
    """,
    "and": """
        def f(x):
            if x and lock.acquire(False):
                here()  # held: lock
            else:
                here()  # held: nothing
    """,
    "or": """
        def f(x):
            if x or not lock.acquire(False):
                return here()  # held: nothing
            here()  # held: lock
    """,
    "a conditional expression": """
        def f(x):
            lock.acquire() if x else None
            here()  # held: nothing
    """,
    "a comprehension": """
        def f(x):
            with lock:
                [here() for i in x if i]  # held: lock
            here()  # held: nothing
    """,
    "a generator expression that is used up at once": """
        def f(x):
            with lock:
                return sum(here() for i in x)  # held: lock
    """,
    "an inner function runs later": """
        def f():
            with lock:
                def g():
                    here()  # held: nothing
                h = lambda: here()  # held: nothing
                return g, h
    """,
    "default values are evaluated at once": """
        def f():
            with lock:
                def g(x=here()):  # held: lock
                    pass
    """,
    "a generator": """
        def f():
            with lock:
                yield here()  # held: lock
            here()  # held: nothing
    """,
    "an async function": """
        async def f(x):
            with lock:
                await here()  # held: lock
                async for i in x:
                    here()  # held: lock
            async with x:
                here()  # held: nothing
    """,
    "suppress swallows": """
        import contextlib
        def f():
            with contextlib.suppress(ValueError):
                lock.acquire()
                raise ValueError
            here()  # held: lock
    """,
    "a lambda": """
        f = lambda: (lock.acquire(), here(), lock.release())  # held: lock
    """,
    "module level": """
        with lock:
            here()  # held: lock
        here()  # held: nothing
    """,
    "a handler of what is no call": """
        def f(counts, key):
            with lock:
                try:
                    counts[key] += 1
                except KeyError:
                    here()  # held: lock
                    counts[key] = 1
            here()  # held: nothing
    """,
    "a test that others may have made out of date": """
        class Box:
            def __init__(self):
                self._lock = Lock()
                self._filled = Condition(self._lock)
                self._items = []
            def take(self, seen):
                with self._lock:
                    if len(self._items) == 0:
                        self._filled.wait()
                        if len(self._items) > 0:
                            here()  # held: self._lock
                    if not seen:
                        seen.append(1)
                        if seen:
                            here()  # held: self._lock
                    if not seen:
                        seen[0] = 1
                        if seen:
                            here()  # held: self._lock
    """,
    "a class body": """
        with lock:
            class C:
                here()  # held: nothing
                with other:
                    here()  # held: other
    """,
    "re-entered": """
        again = RLock()
        def f():
            with again:
                with again:
                    here()  # held: again
                here()  # held: again
            here()  # held: nothing
    """,
    "released and taken again": """
        def f():
            with lock:
                lock.release()
                here()  # held: nothing
                lock.acquire()
                here()  # held: lock
            here()  # held: nothing
    """,
    "after return": """
        def f():
            return
            here()  # held: unreachable
    """,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_held(name: str) -> None:
    assert_held(IMPORTS + textwrap.dedent(FUNCTIONS[name]))
