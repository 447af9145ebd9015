"""All that is done with an object, wherever its module keeps it."""

from __future__ import annotations

import pytest
from modelling import model_of

from conclint.knowledge.schema import Primitive
from conclint.model.uses import uses_of

PROGRAM = "if __name__ == '__main__': main()\n"


def uses_in(text: str) -> list[str] | None:
    """Return the names of what is done with the first event that a text makes."""
    model = model_of(f"from threading import Event, Thread\n{text}")
    found = uses_of(model, model.sites_of(Primitive.EVENT)[0])
    return None if found is None else sorted(use.name for use in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f():\n    e = Event()\n    e.set()\n    return e.is_set()", ["is_set", "set"]),
        ("def f():\n    e = Event()\n    return e", None),
        ("def f():\n    e = Event()\n    unknown(e)", None),
        ("def f():\n    e = Event()\n    unknown(e.set)", None),
        ("def f():\n    e = Event()\n    def g(): e.wait()", ["wait"]),
        ("_e = Event()\ndef f(): _e.wait()", ["wait"]),
        ("e = Event()\ndef f(): e.wait()", None),
        (f"e = Event()\ndef f(): e.wait()\n{PROGRAM}", ["wait"]),
        ("def f():\n    e = Event()\n    g(e)\ndef g(x): x.set()", ["set"]),
        ("def f():\n    e = Event()\n    Thread(target=g, args=(1, e)).start()\ndef g(n, x): x.set()", ["set"]),
        ("def f():\n    e = Event()\n    Thread(target=unknown, args=(e,)).start()", None),
    ],
)
def test_variables_and_parameters(text: str, expected: list[str] | None) -> None:
    assert uses_in(text) == expected


CLASS = """
class C:
    def __init__(self):
        self._e = Event()
    def f(self):
        if self._e:
            self._e.wait()
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CLASS, ["wait"]),
        (f"{CLASS}def g(c): c._e.set()", ["set", "wait"]),
        (f"{CLASS}def g(c): return c._e", None),
        (f"{CLASS}def g(c): getattr(c, '_e').set()", None),
        (f"{CLASS}def g(c): c._e = None", ["wait"]),
        (f"{CLASS}def g(c, e): c._e = e", None),
        (f"{CLASS}def g(c): unknown(c._e)", None),
        (f"{CLASS}def g(c): h(c._e)\ndef h(x): x.clear()", None),
        (f"{CLASS}    def g(self): h(self._e)\ndef h(x): x.clear()", ["clear", "wait"]),
        (CLASS.replace("_e", "e"), None),
        (f"{CLASS.replace('_e', 'e')}{PROGRAM}", ["wait"]),
        ("class C:\n    _e = Event()\n    def f(self): self._e.wait()", ["wait"]),
        (CLASS.replace("self._e = Event()", "self._n, self._e = 1, Event()"), ["wait"]),
        (f"{CLASS.replace('Event()', 'e').replace('(self)', '(self, e)', 1)}c = C(Event())", ["wait"]),
    ],
)
def test_attributes(text: str, expected: list[str] | None) -> None:
    assert uses_in(text) == expected
