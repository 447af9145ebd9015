"""Which calls may make their thread wait."""

from __future__ import annotations

import pytest
from modelling import model_of

from conclint.model.blocking import blocks, is_quick

TEXT = """
import logging, queue, threading, time
from functools import partial
from other import unknown
log = logging.getLogger()
lock = threading.Lock()
jobs = queue.Queue()
def quick(items):
    log.info("%s", items)
    items.append(len(items))
def slow():
    time.sleep(1)
def deep(): slow()
def holding():
    with lock: quick([])
def lazily():
    yield slow()
class Job:
    def __init__(self): self.items = sorted([])
class SlowJob:
    def __init__(self): jobs.get()
def use(parameter):
    asked = {call}
"""


@pytest.mark.parametrize(
    "call",
    ["print(1)", "quick([])", "lazily()", "Job()", "jobs.qsize()", "threading.Thread(target=slow)", "parameter.append(1)",
     "partial(quick, [])()", "sorted([2, 1])"],
)  # fmt: skip
def test_quick(call: str) -> None:
    assert asked(call) == (True, False)


@pytest.mark.parametrize("call", ["unknown()", "parameter()", "parameter.wait_a_bit()", "slow()", "deep()", "holding()",
                                  "SlowJob()", "partial(slow)()", "sorted([], key=slow)"])  # fmt: skip
def test_not_surely_quick(call: str) -> None:
    assert asked(call) == (False, False)


@pytest.mark.parametrize("call", ["time.sleep(1)", "jobs.get()", "lock.acquire()", "input()"])
def test_waiting(call: str) -> None:
    assert asked(call) == (False, True)


def asked(call: str) -> tuple[bool, bool]:
    model = model_of(TEXT.replace("{call}", f"({call},)"))
    (function,) = [one for one in model.functions if one.name == "use"]
    node = function.scope.calls[0]
    return is_quick(model, node), blocks(model, node) is not None
