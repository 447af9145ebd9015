"""Where a lock's scope begins and ends: the cases on which other analyzers are tested, in Python.

Infer's RacerD counts locks and joins by the lower count; sets of locks tell more, so some of its known misses are found.
"""

from __future__ import annotations

import textwrap

import pytest
from modelling import assert_held

CLASS = """
import threading
class Store:
    def __init__(self):
        self.lock = threading.Lock()
        self.again = threading.RLock()
        self.other = threading.Lock()
        self.items = []
"""

CASES = {
    "a write behind the release is bare": """
        def f(self):
            self.lock.acquire()
            self.lock.release()
            here()  # held: nothing
    """,
    "a write behind the with is bare": """
        def f(self):
            with self.lock:
                pass
            here()  # held: nothing
    """,
    "locked in one branch of two tests of the same": """
        def f(self, b):
            if b:
                self.lock.acquire()
            here()  # held: nothing
            if b:
                self.lock.release()
    """,
    "locked in both branches": """
        def f(self, b):
            if b:
                self.lock.acquire()
            else:
                self.lock.acquire()
            here()  # held: self.lock
            self.lock.release()
    """,
    "a tried lock in the branch that has it": """
        def f(self):
            if self.lock.acquire(blocking=False):
                try:
                    here()  # held: self.lock
                finally:
                    self.lock.release()
    """,
    "a tried lock that nobody asked about": """
        def f(self):
            self.lock.acquire(timeout=1)
            here()  # held: nothing
    """,
    "an answer that is out of date": """
        def f(self):
            ok = self.lock.acquire(False)
            self.lock.release()
            if ok:
                here()  # held: nothing
    """,
    "released by a helper": """
        def give(self):
            self.lock.release()
        def f(self):
            self.lock.acquire()
            self.give()
            here()  # held: nothing
    """,
    "an inner section of a re-entrant lock ends alone": """
        def f(self):
            with self.again:
                with self.again:
                    pass
                here()  # held: self.again
    """,
    "between two sections": """
        def f(self):
            with self.lock:
                pass
            here()  # held: nothing
            with self.lock:
                pass
            here()  # held: nothing
    """,
    "behind nested sections": """
        def f(self):
            with self.again:
                with self.again:
                    here()  # held: self.again
            here()  # held: nothing
    """,
    "a helper that locks and unlocks": """
        def work(self):
            self.lock.acquire()
            self.lock.release()
        def f(self):
            self.work()
            here()  # held: nothing
    """,
    "locked in the body of a loop": """
        def f(self, xs):
            for x in xs:
                with self.lock:
                    here()  # held: self.lock
            here()  # held: nothing
    """,
    "two locks, one released": """
        def f(self):
            self.lock.acquire()
            self.other.acquire()
            self.lock.release()
            here()  # held: self.other
    """,
    "read before an empty section": """
        def f(self):
            n = here()  # held: nothing
            with self.lock:
                pass
            return n
    """,
    "returned under the lock": """
        def f(self):
            self.lock.acquire()
            try:
                return here()  # held: self.lock
            finally:
                self.lock.release()
    """,
    "writers hold two, readers one of them": """
        def write(self):
            with self.lock, self.other:
                here()  # held: self.lock, self.other
        def read(self):
            with self.other:
                here()  # held: self.other
    """,
    "a lock object that is made first and taken later": """
        def f(self):
            mine = self.lock
            here()  # held: nothing
            mine.acquire()
            here()  # held: mine
            mine.release()
            here()  # held: nothing
    """,
    "the other side of the answer": """
        def f(self):
            got = self.lock.acquire(timeout=1)
            if got:
                self.lock.release()
            else:
                here()  # held: nothing
    """,
    "a reader's half is the lock": """
        def f(self):
            import fasteners
            rw = fasteners.ReaderWriterLock()
            with rw.read_lock():
                here()  # held: rw
    """,
    "released and awaited": """
        async def f(self):
            self.lock.acquire()
            self.lock.release()
            await here()  # held: nothing
    """,
    "asserted and not taken": """
        def f(self):
            assert self.lock.locked()
            here()  # held: nothing
    """,
    "a lambda made under the lock runs later": """
        def f(self):
            with self.lock:
                self.items.append(lambda: here())  # held: nothing
    """,
    "the lock of the enclosing object": """
        def inner(self):
            class Part:
                def f(part):
                    with self.lock:
                        here()  # held: self.lock
                    here()  # held: nothing
    """,
    "the right name and the wrong object": """
        def f(self, other: "Store"):
            with self.lock:
                other.lock.acquire()
                self.lock.release()
                here()  # held: other.lock
    """,
}


@pytest.mark.parametrize("name", CASES)
def test_held(name: str) -> None:
    assert_held(CLASS + textwrap.indent(textwrap.dedent(CASES[name]), "    "))
