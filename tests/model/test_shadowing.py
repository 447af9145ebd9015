"""Names that classes take from the thread or process class that they derive from."""

from __future__ import annotations

import textwrap

import pytest
from modelling import model_of

from conclint.model.shadowing import shadows

IMPORTS = """
import threading, time
from threading import Event, Thread, Timer
from multiprocessing import Process
from elsewhere import Base, make
"""

CASES = {
    "state": (
        """
        class A(Thread):
            def __init__(self):
                super().__init__()
                self._started = False
                self._stop = Event()
                self._own = 1
            def run(self):
                self._started = True
        """,
        ["A._started REPLACED 2", "A._stop REPLACED 1"],
    ),
    "in the class body": (
        """
        class A(Thread):
            _stop = None
            _started: bool
            def _bootstrap(self): pass
        """,
        ["A._stop REPLACED 1", "A._bootstrap REPLACED 1"],
    ),
    "a method that goes on": (
        """
        class A(Thread):
            def _bootstrap(self): super()._bootstrap()
        class B(Thread):
            def _bootstrap_inner(self):
                def inner(): Thread._bootstrap_inner(self)
                inner()
        """,
        [],
    ),
    "public methods": (
        """
        class A(Thread):
            def start(self): pass
            def join(self): pass
            def is_alive(self): return True
            run = make
        class B(Thread):
            def __init__(self, run, start: callable, join=None):
                self.run = run
                self.start = start
                self.join = make()
        class C(Thread):
            join = None
            def __init__(self, start):
                self.start = start
                self.is_alive = False
            def run(self):
                self.start = time.time()
        class D(Process):
            def __init__(self):
                self.terminate = Event()
                self.start = time.monotonic()
                self.run, self.kill = 1, 2
        class E(Thread):
            def __init__(self):
                self.run = self.work
                self.start = print
            def run(self):
                self.start = time.time()
            def work(self): pass
        """,
        [
            "C.is_alive REPLACED 1",
            "C.start REPLACED 1",
            "C.join REPLACED 1",
            "D.start REPLACED 1",
            "D.terminate REPLACED 1",
        ],
    ),
    "properties": (
        """
        class A(Thread):
            name = "a"
            daemon = True
            def __init__(self):
                self.ident = 5
        class B(Thread):
            ident = None
            def __init__(self):
                self.ident = 5
                self.name = "b"
        class C(Thread):
            def name(self): return "c"
        class D(Thread):
            @property
            def name(self): return "d"
        """,
        ["A.ident REFUSED 1", "C.name REPLACED 1"],
    ),
    "what the constructor stores too": (
        """
        class A(Thread):
            def __init__(self, name):
                self._name = name
                super().__init__()
            def run(self): print(self._name)
        class B(Thread):
            def __init__(self, name):
                self._name = name
                super().__init__(name=name)
            def run(self): print(self._name)
        class C(Thread):
            def __init__(self, name):
                self._name = name
                super().__init__()
        class D(Thread):
            def __init__(self, name):
                super().__init__()
                self._name = name
            def run(self): print(self._name)
        class E(Thread):
            def __init__(self, name):
                self._name = name
                Thread.__init__(self, None, make, name)
            def run(self): print(self._name)
        class F(Thread):
            def __init__(self, name, **more):
                self._name = name
                super().__init__(**more)
            def run(self): print(self._name)
        class G(Thread):
            _args = ()
            def run(self): print(self._args)
        class H(Thread):
            def __init__(self):
                super().__init__(None, self._target)
            def _target(self): pass
        class I(Base, Thread):
            def __init__(self, name):
                self._name = name
                super().__init__()
            def run(self): print(self._name)
        """,
        ["A._name LOST 1"],
    ),
    "told of the base": (
        """
        class A(Thread):
            _stop = None
        class B(A):
            def f(self): self._stop = Event()
        """,
        ["A._stop REPLACED 1"],
    ),
    "timers": (
        """
        class A(Timer):
            def __init__(self):
                super().__init__(1, print)
                self.finished = False
                self.interval = 2
        """,
        ["A.finished REPLACED 1"],
    ),
    "other classes": (
        """
        class A:
            def __init__(self): self._started = False
        class B(Base):
            def __init__(self): self._started = False
        """,
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_classes_overwrite(name: str) -> None:
    text, expected = CASES[name]
    found = shadows(model_of(IMPORTS + textwrap.dedent(text)))
    told = [f"{one.cls.name}.{one.name} {one.harm.name} {len(one.bindings)}" for one in found]
    assert sorted(told) == sorted(expected)
