"""Releases, tries and double locking: the cases on which other analyzers are tested, in Python.

From SpotBugs (unreleased locks), Error Prone (LockNotBeforeTry, StaticGuardedByInstance), staticcheck (SA2001, SA2003),
and Clippy (await_holding_lock, if_let_mutex). Each line that deserves it carries its code.
"""

from __future__ import annotations

import re
import textwrap

import pytest

from conclint.packs import installed_rules
from conclint.testing import lint

RULES = [rule for rule in installed_rules() if re.match(r"CON(20[1-7]|21|701)", rule.code)]
_MARK = re.compile(r"# error: (CON\d{3}(?:, CON\d{3})*)")

IMPORTS = """
import asyncio
import threading
lock = threading.Lock()
other = threading.Lock()
"""

CASES = {
    "an early return keeps it": """
        def f(x):
            lock.acquire()  # error: CON201
            if x:
                return
            lock.release()
    """,
    "an exception keeps it": """
        def f(x):
            lock.acquire()  # error: CON202
            work(x)
            lock.release()
    """,
    "a function that only ever takes it has that for its task": """
        def f(x):
            lock.acquire()
            work(x)
    """,
    "release is the first thing in finally, and more to clean up follows": """
        def f(x):
            lock.acquire()
            try:
                work(x)
            finally:
                lock.release()
                clean_up()
    """,
    "a finally releases what was not reached": """
        def f(x):
            try:
                work(x)
                lock.acquire()  # error: CON203
                more(x)
            finally:
                lock.release()
    """,
    "acquire is the first line in the try": """
        def f(x):
            try:
                lock.acquire()  # error: CON203
                work(x)
            finally:
                lock.release()
    """,
    "acquire is the last line before the try": """
        def f(x):
            lock.acquire()
            try:
                work(x)
            finally:
                lock.release()
    """,
    "another lock is taken in the try": """
        def f(x):
            lock.acquire()
            try:
                with other:
                    work(x)
            finally:
                lock.release()
    """,
    "two locks, each with its own try": """
        def f(x):
            lock.acquire()
            try:
                other.acquire()
                try:
                    work(x)
                finally:
                    other.release()
            finally:
                lock.release()
    """,
    "two locks before one try": """
        def f(x):
            lock.acquire()
            other.acquire()
            try:
                work(x)
            finally:
                other.release()
                lock.release()
    """,
    "acquire in the finally where a release was meant": """
        def f(x):
            lock.acquire()
            try:
                work(x)
            finally:
                lock.acquire()  # error: CON207
    """,
    "another lock is taken in the finally": """
        def f(x):
            lock.acquire()
            try:
                work(x)
            finally:
                lock.release()
                with other:
                    clean_up()
    """,
    "the clean-up in front of the release fails": """
        def f(x):
            lock.acquire()  # error: CON202
            try:
                work(x)
            finally:
                with other:
                    clean_up()
                lock.release()
    """,
    "awaited under the lock": """
        async def f(x):
            with lock:
                await work(x)  # error: CON701
                await work(x)
    """,
    "awaited in a nested block": """
        async def f(x):
            with lock:
                if x:
                    await work(x)  # error: CON701
    """,
    "released before the await": """
        async def f(x):
            lock.acquire()
            y = x
            lock.release()
            await work(y)
    """,
    "the with has ended before the await": """
        async def f(x):
            with lock:
                y = x
            await work(y)
    """,
    "taken again in the else branch of what holds it": """
        def f(x):
            with lock:
                if x:
                    return 1
                else:
                    with lock:  # error: CON207
                        return 2
    """,
    "another lock in the else branch": """
        def f(x):
            with lock:
                if x:
                    return 1
                else:
                    with other:
                        return 2
    """,
    "shared state under the lock of an object": """
        class Sensor:
            total = 0
            def __init__(self):
                self._lock = threading.Lock()
            def read(self):
                with self._lock:
                    Sensor.total += 1  # error: CON214
            def reset(self):
                with self._lock:
                    Sensor.total -= 1  # error: CON214
    """,
    "shared state under the lock of the class as well": """
        class Sensor:
            total = 0
            _all = threading.Lock()
            def __init__(self):
                self._lock = threading.Lock()
            def read(self):
                with self._lock, self._all:
                    Sensor.total += 1
    """,
    "an empty section waits for the others": """
        def f(x):
            with lock:
                pass
    """,
    "methods of one's own with the names of a lock's": """
        class Door:
            def acquire(self):
                return self
            def release(self):
                pass
        door = Door()
        def f(x):
            door.acquire()
            if x:
                return
            door.release()
            door.release()
    """,
    "every handler releases": """
        def f(x):
            lock.acquire()
            try:
                work(x)
            except BaseException:
                lock.release()
                raise
            lock.release()
    """,
    "a handler releases for one error only": """
        def f(x):
            lock.acquire()  # error: CON202
            try:
                work(x)
            except KeyError:
                lock.release()
                raise
            lock.release()
    """,
    "a loop is left with the lock": """
        def f(xs):
            for x in xs:
                lock.acquire()  # error: CON201
                if x:
                    break
                lock.release()
    """,
    "continue goes on with the lock": """
        def f(xs):
            for x in xs:
                lock.acquire()  # error: CON201
                if x:
                    continue
                lock.release()
    """,
    "a condition is waited for between acquire and release": """
        ready = threading.Condition()
        def f(x):
            ready.acquire()
            while not x:
                ready.wait()
            ready.release()
    """,
    "the release is handed to a callback": """
        def f(future):
            lock.acquire()
            future.add_done_callback(lambda _: lock.release())
    """,
    "a tried acquire, released in the branch that has it": """
        def f(x):
            if not lock.acquire(timeout=1):
                return None
            try:
                return work(x)
            finally:
                lock.release()
    """,
    "the semaphore of the loop is broken off while waiting": """
        turns = asyncio.Semaphore(3)
        async def f(x):
            try:
                await asyncio.wait_for(turns.acquire(), 1)  # error: CON203
                work(x)
            finally:
                turns.release()
    """,
}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    text = textwrap.dedent(IMPORTS).lstrip() + textwrap.dedent(CASES[name])
    wanted = {
        (number, code)
        for number, line in enumerate(text.splitlines(), 1)
        for match in _MARK.finditer(line)
        for code in match[1].split(", ")
    }
    found = {(finding.span.line, finding.code): finding.message for finding in lint(text, RULES)}
    assert found.keys() == wanted, found
