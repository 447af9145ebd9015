"""Constructors that start a thread on an object which is not finished."""

from __future__ import annotations

import textwrap

import pytest
from modelling import model_of

from conclint.model.early_start import early_starts
from conclint.syntax import Locator

IMPORTS = """
import functools, multiprocessing, queue, threading, time, _thread
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread, Timer
from elsewhere import Base, make, sock
"""

CASES = {
    "start itself": """
        class A(Thread):
            def __init__(self):
                super().__init__()
                self.start()  # early: x
                self.x = 1
            def run(self):
                print(self.x)
        """,
    "last": """
        class A(Thread):
            def __init__(self):
                super().__init__()
                self.x = 1
                self.start()
            def run(self):
                print(self.x)
        """,
    "not read": """
        class A(Thread):
            def __init__(self):
                super().__init__()
                self.start()
                self.x = 1
            def run(self):
                print(self.y)
        """,
    "there before": """
        class A(Thread):
            y = 1
            z: int
            def __init__(self):
                super().__init__()
                self.x = None
                self.start()  # early: z
                self.x, self.y = 1, 2
                self.z = 3
            def run(self):
                print(self.x, self.y, self.z)
        """,
    "a target": """
        class A:
            def __init__(self):
                Thread(target=self.work).start()  # early: x
                self.x = 1
            def work(self):
                print(self.x)
        """,
    "kept first": """
        class A:
            def __init__(self):
                self.thread = threading.Thread(target=self.work, daemon=True)
                self.thread.start()  # early: x
                self.x = 1
            def work(self):
                print(self.x)
        class B:
            def __init__(self):
                thread = Thread(target=self.work)
                self.x = 1
                thread.start()
            def work(self):
                print(self.x)
        """,
    "other ways to start": """
        class A:
            def __init__(self):
                _thread.start_new_thread(self.work, ())  # early: x
                self.x = 1
            def work(self):
                print(self.x)
        class B:
            def __init__(self):
                self.pool = ThreadPoolExecutor()
                self.pool.submit(self.work)  # early: x
                self.x = 1
            def work(self):
                print(self.x)
        class C:
            def __init__(self):
                Thread(target=lambda: print(self.x)).start()  # early: x
                self.x = 1
        class D:
            def __init__(self):
                def work():
                    print(self.x)
                Thread(target=work).start()  # early: x
                self.x = 1
        class E:
            def __init__(self):
                Thread(target=functools.partial(self.work, 1)).start()  # early: x
                self.x = 1
            def work(self, n):
                print(self.x)
        """,
    "not at once": """
        class A:
            def __init__(self):
                Timer(60, self.work).start()
                self.thread = Thread(target=self.work)
                self.x = 1
            def begin(self):
                self.thread.start()
            def work(self):
                print(self.x)
        """,
    "through methods": """
        class A(Thread):
            def __init__(self):
                super().__init__()
                self.begin()  # early: x
                self.prepare()
            def begin(self):
                self.start()
            def prepare(self):
                self.x = 1
            def run(self):
                self.work()
            def work(self):
                print(self.value)
            @property
            def value(self):
                return self.x
        class B(Thread):
            def __init__(self):
                super().__init__()
                self.begin()
            def begin(self):
                self.x = 1
                self.start()
            def run(self):
                print(self.x)
        """,
    "on some paths": """
        class A(Thread):
            def __init__(self, now):
                super().__init__()
                if now:
                    self.start()  # early: x
                self.x = 1
            def run(self):
                print(self.x)
        class B(Thread):
            def __init__(self, now):
                super().__init__()
                if now:
                    self.x = 1
                    self.start()
                else:
                    self.x = 2
            def run(self):
                print(self.x)
        class C(Thread):
            def __init__(self, now):
                super().__init__()
                if now:
                    self.start()
                if not now:
                    self.x = 2
            def run(self):
                print(self.x)
        """,
    "a subclass goes on": """
        class A(Thread):
            def __init__(self):
                super().__init__()
                self.start()
            def run(self):
                self.work()
            def work(self):
                pass
        class B(A):
            def __init__(self):
                super().__init__()  # early: x
                self.x = 1
            def work(self):
                print(self.x)
        class C(A):
            def __init__(self):
                self.x = 1
                A.__init__(self)
            def work(self):
                print(self.x)
        class D(A):
            def __init__(self):
                super().__init__()
                self.y = 1
            def work(self):
                pass
        """,
    "a start of its own": """
        class A(Thread):
            def __init__(self):
                super().__init__()
                self.start()  # early: x
                self.x = 1
            def start(self):
                print("start")
                super().start()
            def run(self):
                print(self.x)
        class B(Thread):
            def __init__(self):
                super().__init__()
                self.start()
                self.x = 1
            def start(self):
                print("later")
            def run(self):
                print(self.x)
        """,
    "waits first": """
        class A(Thread):
            def __init__(self, inbox):
                super().__init__()
                self.jobs = queue.Queue()
                self.ready = Event()
                self.inbox = inbox
                self.start()
                self.x = 1
            def run(self):
                if self.ready:
                    self.ready.wait()
                else:
                    self.later()
                print(self.x)
            def later(self):
                for job in iter(self.jobs.get, None):
                    print(self.x)
                time.sleep(1)
        class B(Thread):
            def __init__(self, inbox):
                super().__init__()
                self.inbox = inbox
                self.start()
                self.x = 1
            def run(self):
                job = self.inbox.get()
                print(self.x)
        class C(Thread):
            def __init__(self):
                super().__init__()
                self.lock = threading.Lock()
                self.start()  # early: x
                self.x = 1
            def run(self):
                with self.lock:
                    print(self.x)
        """,
    "a child process has what there was": """
        class A(multiprocessing.Process):
            def __init__(self):
                super().__init__()
                self.start()  # early: x
                self.x = 1
            def run(self):
                time.sleep(1)
                print(self.x)
        """,
    "given by who knows": """
        class A(Base, Thread):
            def __init__(self):
                super().__init__()
                self.start()
                self.x = 1
            def run(self):
                print(self.x)
        class B(Thread):
            def __init__(self, **given):
                super().__init__()
                self.__dict__.update(given)
                self.start()
                self.x = 1
            def run(self):
                print(self.x)
        class C(Thread):
            def __init__(self, **given):
                super().__init__()
                vars(self).update(given)
                for name in given:
                    setattr(self, name, 1)
                self.start()
                self.x = 1
            def run(self):
                print(self.x)
        """,
    "the thread's own": """
        class A(Thread):
            def __init__(self):
                super().__init__()
                self.start()
                self.x = 1
            def run(self):
                self.x = 2
                print(self.x)
        """,
    "counts": """
        class A(Thread):
            def __init__(self):
                super().__init__()
                self.start()  # early: x
                self.x = 1
            def run(self):
                self.x += 1
        """,
    "called back": """
        class A(Thread):
            def __init__(self):
                super().__init__()
                self.todo = []
                self.start()  # early: x
                self.x = 1
            def add(self):
                self.todo.append(lambda: print(self.x))
            def run(self):
                while True:
                    self.todo.pop()()
        """,
    "coroutines": """
        class A:
            def __init__(self):
                Thread(target=self.work).start()
                self.x = 1
            async def work(self):
                print(self.x)
        """,
}


@pytest.mark.parametrize("name", CASES)
def test_what_starts_too_early(name: str) -> None:
    model = model_of(IMPORTS + textwrap.dedent(CASES[name]))
    locator = Locator(model.tree)
    found = sorted((locator.span(early.start).line, early.attribute) for early in early_starts(model))
    lines = model.source.text.splitlines()
    assert found == [
        (number, line.partition("# early: ")[2]) for number, line in enumerate(lines, 1) if "# early: " in line
    ]
