"""Containers that go from function to function, and objects that come out of containers."""

from __future__ import annotations

import pytest

from conclint.model import ModuleModel
from conclint.program import ModuleSummary, Program, summarise
from conclint.source import Source
from conclint.syntax import Locator, parse

POOL = """
import threading
from helpers import codes

def watch(workers, guard):
    {code}

class Pool:
    def __init__(self):
        self._lock = threading.Lock()
        self._workers = {{}}
        threading.Thread(target=watch, args=({arguments})).start()

    def add(self, name):
        with self._lock:
            self._workers[name] = object()
"""
HELPERS = """
import threading

def codes(workers):
    return [worker for worker in workers.values()]

def copied(workers):
    return [worker for worker in list(workers.values())]

def swapped(workers):
    workers = dict(workers)
    return [worker for worker in workers.values()]
"""


def summary_of(text: str, name: str) -> ModuleSummary:
    model = ModuleModel(parse(Source(f"{name}.py", text)))
    return summarise(model, Locator(model.tree))


def conflicts_of(code: str, arguments: str = "self._workers, self._lock") -> list[tuple[str, str]]:
    """Return (variable, name of the function whose code it is) of each conflict."""
    program = Program([summary_of(POOL.format(code=code, arguments=arguments), "pool"), summary_of(HELPERS, "helpers")])
    return [(one.access.fact.label, one.access.doer) for one in program.conflicts]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("for worker in workers.values(): print(worker)", [("self._workers", "watch")]),
        ("codes(workers)", [("self._workers", "codes")]),
        ("codes(workers=workers)", [("self._workers", "codes")]),
        ("import helpers; helpers.copied(workers)", []),
        ("import helpers; helpers.swapped(workers)", []),
        ("\n    with guard: codes(workers)", []),
        ("codes(list(workers))", []),
        ("codes(guard)", []),
    ],
)
def test_a_walk_through_a_parameter_is_one_through_what_is_passed(code: str, found: list[tuple[str, str]]) -> None:
    assert conflicts_of(code) == found


def test_another_container_is_another_one() -> None:
    assert conflicts_of("codes(workers)", "{}, self._lock") == []


def test_a_lock_that_is_not_known_keeps_silent() -> None:
    assert conflicts_of("\n    with guard: codes(workers)", "self._workers, make()") == []


SCHEDULER = """
import threading
from executors import Executor

class Scheduler:
    def __init__(self):
        self._lock = threading.Lock()
        self._executors = {{}}

    def add(self, name, executor):
        {add}

    def close(self):
        for {loop}:
            executor.shutdown()
"""
EXECUTORS = """
import threading

class Executor:
    def shutdown(self):
        "Nothing to do."

class Pool(Executor):
    def shutdown(self):
        self.pool.shutdown()

class Other:
    def shutdown(self):
        pass
"""
NARROWED = "if isinstance(executor, Executor): self._executors[name] = executor"
VALUES = "executor in self._executors.values()"


@pytest.mark.parametrize(
    ("add", "loop", "found"),
    [
        (NARROWED, VALUES, ["Executor.shutdown", "Pool.shutdown"]),
        (NARROWED, "executor in list(self._executors.values())", ["Executor.shutdown", "Pool.shutdown"]),
        (NARROWED, "_, executor in self._executors.items()", ["Executor.shutdown", "Pool.shutdown"]),
        (NARROWED, "executor, _ in self._executors.items()", []),
        (NARROWED, "executor in self._executors", []),  # keys
        ("self._executors[name] = executor", VALUES, []),
        ("self._executors[name] = Executor()", VALUES, ["Executor.shutdown", "Pool.shutdown"]),
    ],
)
def test_what_comes_out_of_a_container_is_what_was_put_in(add: str, loop: str, found: list[str]) -> None:
    text = SCHEDULER.format(add=add, loop=loop)
    program = Program([summary_of(text, "scheduler"), summary_of(EXECUTORS, "executors")])
    (key,) = [key for key, function in program.functions.items() if function.name == "Scheduler.close"]
    assert [program.functions[edge.callee].name for edge in program.graph.calls(key)] == found


LOCKS = """
import threading

class Pool:
    def __init__(self):
        self._one = threading.Lock()
        self._other = threading.Lock()
        self._workers = {}
        threading.Thread(target=self._watch).start()

    def grow(self):
        with self._one:
            self._add()

    def renew(self):
        with self._other:
            self._workers.clear()
            self._add()

    def _add(self):
        self._workers[object()] = None

    def _watch(self):
        LOOP
"""


@pytest.mark.parametrize(
    ("loop", "found"),
    [
        ("for worker in self._workers: print(worker)", [("self._workers", "Pool._watch")]),
        ("with self._one: print([worker for worker in self._workers])", []),  # may be the right one
    ],
)
def test_what_is_done_under_one_lock_or_another_is_no_protection_from_who_holds_neither(
    loop: str, found: list[tuple[str, str]]
) -> None:
    program = Program([summary_of(LOCKS.replace("LOOP", loop), "pool")])
    assert [(one.access.fact.label, one.access.doer) for one in program.conflicts] == found
