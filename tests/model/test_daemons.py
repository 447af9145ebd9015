"""Which threads and processes are daemons: as they, their class or their user say."""

from __future__ import annotations

import textwrap

import pytest
from modelling import model_of

from conclint.model.daemons import is_daemon

HEADER = """
from threading import Thread, Timer
from multiprocessing import Process
"""

CASES = {
    "nothing said": ("Thread()", False),
    "an argument": ("Thread(daemon=True)", True),
    "an argument that says no": ("Process(daemon=False)", False),
    "as its maker": ("Thread(daemon=None)", False),
    "an argument that is not known": ("Thread(daemon=x)", None),
    "arguments that are not known": ("Thread(**x)", None),
    "an attribute": ("t = Timer(1, f)\nt.daemon = True", True),
    "an attribute that is not known": ("t = Thread()\nt.daemon = x", None),
    "an attribute of each in a list": ("ts = [Thread() for i in x]\nfor t in ts: t.daemon = True", True),
    "an old method": ("t = Thread()\nt.setDaemon(True)", True),
    "a class that says it": ("class A(Thread):\n    daemon = True\nA()", True),
    "a class that sets it": ("class A(Thread):\n    def go(self):\n        self.daemon = True\nA()", True),
    "a constructor that says it": (
        "class A(Thread):\n    def __init__(self):\n        super().__init__(daemon=True)\nA()",
        True,
    ),
    "a base that says it": (
        "class B(Thread):\n    def __init__(self):\n        Thread.__init__(self, daemon=True)\nclass A(B): pass\nA()",
        True,
    ),
    "a constructor that passes it on": (
        "class A(Thread):\n    def __init__(self, **k):\n        super().__init__(**k)\nA()",
        None,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_is_daemon(name: str) -> None:
    code, expected = CASES[name]
    model = model_of(f"{HEADER}\ndef f(x):\n{textwrap.indent(code, '    ')}")
    (site,) = [site for site in model.sites if model.code(site.call.func) != "super"]
    assert is_daemon(model, site) is expected
