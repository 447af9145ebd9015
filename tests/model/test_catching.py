"""Which functions let no exception out."""

from __future__ import annotations

import textwrap

import pytest
from modelling import function_named, model_of

from conclint.model.catching import catches_all

HEADER = """
import asyncio, logging, threading
from other import Base, decorate, risky
log = logging.getLogger()
lock = threading.Lock()
ready = threading.Event()
total = 0
async def coroutine(): raise ValueError
"""

QUIET = {
    "nothing": "pass",
    "a report": "log.info('%s', len([]))",
    "all is caught": "try:\n    risky()\nexcept Exception:\n    log.exception('x')",
    "bare except": "try:\n    risky()\nexcept:\n    risky()",
    "caught in a loop": "while not ready.is_set():\n    try:\n        risky()\n    except BaseException: pass",
    "caught under a lock": "with lock:\n    try: risky()\n    except Exception: pass",
    "cleaned up behind it": "try:\n    risky()\nexcept Exception:\n    pass\nfinally:\n    risky()",
    "counted": "global total\nwith lock:\n    total += 1",
    "an inner function": "def inner():\n    risky()",
    "what is passed": "given()",
    "a pause": "ready.wait()",
    "a coroutine is only made": "c = coroutine()\ntry: run(c)\nexcept Exception: pass",
}

LOUD = {
    "a call": "risky()",
    "a raise": "raise ValueError",
    "an assertion": "assert given",
    "arithmetic": "return given / 2",
    "an element": "return given[0]",
    "added up": "global total\ntotal += given",
    "only some are caught": "try:\n    risky()\nexcept ValueError:\n    pass",
    "raised again": "try:\n    risky()\nexcept Exception:\n    log.error('x')\n    raise",
    "before the try": "risky()\ntry:\n    risky()\nexcept Exception: pass",
    "else": "try:\n    risky()\nexcept Exception: pass\nelse:\n    risky()",
    "finally alone": "try:\n    risky()\nfinally:\n    ready.set()",
    "raised in finally": "try:\n    risky()\nexcept Exception: pass\nfinally:\n    raise ValueError",
    "the condition": "while risky():\n    pass",
    "the manager": "with risky():\n    pass",
}


def asked(code: str) -> bool:
    model = model_of(f"{HEADER}\ndef f(given):\n{textwrap.indent(code, '    ')}")
    return catches_all(model, function_named(model, "f"))


@pytest.mark.parametrize("name", QUIET)
def test_no_exception_leaves(name: str) -> None:
    assert asked(QUIET[name])


@pytest.mark.parametrize("name", LOUD)
def test_an_exception_may_leave(name: str) -> None:
    assert not asked(LOUD[name])


@pytest.mark.parametrize(("code", "expected"), [("await asyncio.sleep(1)", True), ("await given", False)])
def test_coroutines(code: str, expected: bool) -> None:
    model = model_of(f"{HEADER}\nasync def f(given):\n    {code}")
    assert catches_all(model, function_named(model, "f")) is expected


def test_a_decorator_may_catch() -> None:
    model = model_of(f"{HEADER}\n@decorate\ndef f(): risky()\nclass A:\n    @staticmethod\n    def g(): risky()")
    assert catches_all(model, function_named(model, "f"))
    assert not catches_all(model, function_named(model, "A.g"))
