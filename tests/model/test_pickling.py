"""What can't be pickled."""

from __future__ import annotations

import pytest
from modelling import model_of

from conclint.model.pickling import unpicklable

TEXT = """
import threading, queue, socket
from functools import partial
from concurrent.futures import ThreadPoolExecutor
from other import Base, decorate, something
named = lambda: 1
def top(): pass
def numbers(): yield 1
@decorate
def decorated(): pass
class Plain:
    lock = threading.Lock()
    def method(self): pass
class Locked:
    def __init__(self):
        self._lock = threading.Lock()
    def method(self): pass
class Heir(Locked): pass
class Careful(Locked):
    def __getstate__(self): return {}
class Foreign(Base):
    def __init__(self):
        self._lock = threading.Lock()
class Perhaps:
    def __init__(self, lock=None):
        self.lock = lock or threading.Lock()
        if lock: self.event = threading.Event()
        self.flag = None
        self.flag = threading.Event()
class Pooled:
    def __init__(self):
        self.pool = ThreadPoolExecutor()
class Nest:
    def __init__(self):
        self.inner = Locked()
class Local2: pass
def use(parameter, flag):
    def inner(): pass
    @decorate
    def wrapped(): pass
    class Local:
        def method(self): pass
    def outer():
        global published
        def published(): pass
    alias = inner
    either = top if flag else inner
    made = numbers()
    made_or_not = numbers() if flag else None
    with open("x") as file: pass
    if flag: rebound = open("x")
    else: rebound = "x"
    asked = [{node}]
"""

CANNOT = {
    "lambda: 1": "a lambda",
    "named": "a lambda",
    "inner": "the function 'inner', which is defined inside 'use'",
    "alias": "the function 'inner', which is defined inside 'use'",
    "partial(inner, 1)": "the function 'inner', which is defined inside 'use'",
    "Local": "the class 'Local', which is defined inside 'use'",
    "Local()": "an object of the class 'Local', which is defined inside 'use'",
    "Local().method": "an object of the class 'Local', which is defined inside 'use'",
    "(x for x in [])": "a generator",
    "made": "the generator that 'numbers' makes",
    "file": "an open file",
    "threading.RLock()": "a lock",
    "threading.Event()": "an event",
    "ThreadPoolExecutor()": "an executor",
    "Locked().method": "an object of 'Locked', whose attribute '_lock' is a lock",
    "Heir()": "an object of 'Heir', whose attribute '_lock' is a lock",
    "Pooled()": "an object of 'Pooled', whose attribute 'pool' is an executor",
    "Nest()": "an object of 'Nest', whose attribute 'inner' is an object of 'Locked', whose attribute '_lock' is a lock",
}


@pytest.mark.parametrize("node", CANNOT)
def test_cannot_be_pickled(node: str) -> None:
    assert asked(node) == CANNOT[node]


@pytest.mark.parametrize(
    "node",
    ["top", "decorated", "wrapped", "either", "numbers", "Plain", "Plain()", "Plain().method", "Plain.method", "Careful()",
     "Foreign()", "Perhaps()", "[x for x in []]", "iter([])", "made_or_not", "rebound", "parameter", "something", "something()",
     "queue.Queue()", "socket.socket()", "print", "None", "'text'"],
)  # fmt: skip
def test_may_be_pickled(node: str) -> None:
    assert asked(node) is None


def asked(node: str) -> str | None:
    model = model_of(TEXT.replace("{node}", node))
    (function,) = [one for one in model.functions if one.qualified_name == "use"]
    value = function.scope.bindings["asked"][0].value
    return unpicklable(model, value.elements[0].value)  # type: ignore[union-attr]
