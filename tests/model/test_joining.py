"""Threads that join themselves."""

from __future__ import annotations

import textwrap

import pytest
from modelling import model_of

from conclint.model.joining import joins_itself
from conclint.syntax import Locator

HEADER = """
import threading
from threading import Thread, Timer
from multiprocessing import Process
"""

# Lines with `# itself` are joins of the thread that runs them.
CASES = {
    "in run": """
        class A(Thread):
            def run(self):
                self.join()  # itself
    """,
    "of a process": """
        class A(Process):
            def run(self):
                self.join(1)  # itself
    """,
    "by what run calls": """
        class A(Thread):
            def run(self):
                self.one()
            def one(self):
                self.two()
            def two(self):
                self.join()  # itself
            def three(self):
                self.join()
    """,
    "of the current thread": """
        def f():
            threading.current_thread().join()  # itself
    """,
    "by a function that runs in a global one": """
        def work():
            worker.join()  # itself
        worker = Thread(target=work)
    """,
    "of the thread in an attribute": """
        class A:
            def __init__(self):
                self.t = Thread(target=self.work)
            def work(self):
                self.stop()
            def stop(self):
                self.t.join()  # itself
    """,
    "of another object's": """
        class A:
            def __init__(self, other: "A"):
                self.other = other
                self.t = Thread(target=self.work)
            def work(self):
                self.other.stop()
                self.other.t.join()
            def stop(self):
                self.t.join()
    """,
    "of one of two": """
        class A:
            def __init__(self):
                self.s = Thread(target=self.work)
                self.t = Thread(target=other)
            def work(self):
                self.t.join()
    """,
    "of any of many": """
        def work():
            for t in threads:
                t.join()
        threads = [Thread(target=work) for i in range(3)]
    """,
    "after asking who runs": """
        class A(Thread):
            def run(self):
                self.stop()
            def stop(self):
                if threading.current_thread() is not self:
                    self.join()
    """,
    "as the caller likes": """
        class A(Thread):
            def run(self):
                self.stop(False)
            def stop(self, wait):
                if wait:
                    self.join()
    """,
    "with the refusal expected": """
        class A(Thread):
            def run(self):
                try:
                    self.join()
                except RuntimeError:
                    pass
    """,
}


@pytest.mark.parametrize("name", CASES)
def test_joins_itself(name: str) -> None:
    model = model_of(HEADER + textwrap.dedent(CASES[name]))
    locator = Locator(model.tree)
    found = {locator.span(join.event.node).line for join in joins_itself(model)}
    lines = model.source.text.splitlines()
    assert found == {number for number, line in enumerate(lines, 1) if line.endswith("# itself")}
