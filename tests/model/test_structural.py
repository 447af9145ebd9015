"""Conditions that are known by what is done with them."""

from __future__ import annotations

import pytest
from modelling import model_of

USED = "with self.ready:\n            self.ready.notify_all()\n            self.ready.wait(1)"


@pytest.mark.parametrize(
    ("made", "used", "expected"),
    [
        ("factory()", USED, {"C.ready"}),
        ("cls()", USED, {"C.ready"}),
        ("threading.Condition()", USED, set()),  # known by its class
        ("C()", USED, set()),
        ("factory()", "with self.ready: self.ready.wait()", set()),
        ("factory()", "self.ready.wait(); self.ready.notify()", set()),
    ],
)
def test_condition_paths(made: str, used: str, expected: set[str]) -> None:
    model = model_of(f"""
import threading
class C:
    def __init__(self, factory, cls):
        self.ready = {made}
    def f(self):
        {used}
""")
    assert model.condition_paths == expected
