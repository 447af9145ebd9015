"""Whose threads run what: frameworks that pass arguments, windows, greenlets, and tests of what is private."""

from __future__ import annotations

import textwrap

import pytest

from conclint.model import ModuleModel
from conclint.program import Program, summarise
from conclint.source import Source
from conclint.syntax import Locator, parse

SERVICER = """
from shop_pb2_grpc import ShopServicer
class Shop(ShopServicer):
    def __init__(self):
        self.open = []
    def {name}(self{parameters}):
        if self.open:
            self.open.pop()
"""
WIDGET = """
import threading
{imports}
class Panel({base}):
{body}
    def __init__(self):
        self._lock = threading.Lock()
        self._actions = dict()
    def add(self, name):
        with self._lock:
            self._actions[name] = 1
    def remove(self, name):
        with self._lock:
            self._actions.pop(name)
    def show(self):
        for name in self._actions:
            print(name)
"""
COUNTING = """
{imports}
class Count:
    def __init__(self):
        self.total = 0
        self.counts = dict()
    def work(self, key=None):
        {count}
    def start(self):
        for _ in range(2):
            threading.Thread(target=self.work).start()
"""
LEDGER = """
import threading
class Ledger:
    def __init__(self):
        self._lock = threading.Lock()
        self._entries = []
    def enter(self, entry):
        with self._lock:
            self._entries.append(entry)
    def settle(self):
        with self._lock:
            if self._entries:
                self._entries.pop()
    def {reset}(self):
        self._entries.clear()
"""
TEST = """
from ledger import Ledger
shared = Ledger()
def test_reset():
    shared.{reset}()
"""


def conflicts_of(**modules: str) -> list[tuple[str, str]]:
    """Return (variable, function) of each conflict in modules, given as name -> text."""
    models = [
        ModuleModel(parse(Source(f"{name}.py", textwrap.dedent(text).lstrip("\n"))))
        for name, text in modules.items()
    ]
    program = Program([summarise(model, Locator(model.tree)) for model in models])
    return [(one.access.fact.label, one.access.function.name) for one in program.conflicts]


@pytest.mark.parametrize(("parameters", "told"), [(", request, context", True), (", request, context=None", True), ("", False)])
def test_a_framework_calls_only_what_takes_its_arguments(parameters: str, told: bool) -> None:
    text = SERVICER.format(name="Close", parameters=parameters)
    assert conflicts_of(shop=text) == ([("self.open", "Shop.Close")] if told else [])


@pytest.mark.parametrize(
    ("imports", "base", "body", "told"),
    [
        ("", "object", "    pass", True),
        ("from PyQt6.QtWidgets import QWidget", "QWidget", "    pass", False),
        ("import tkinter as tk", "tk.Frame", "    pass", False),
        ("from qtpy.QtCore import Signal\nfrom ours import Plugin", "Plugin", "    shown = Signal(str)", False),
        ("from qtpy.QtCore import Qt\nfrom ours import Plugin", "Plugin", "    shown = Qt.Key()", True),
    ],
)
def test_objects_of_a_window_are_used_in_its_thread(imports: str, base: str, body: str, told: bool) -> None:
    text = WIDGET.format(imports=imports, base=base, body=body)
    assert conflicts_of(panel=text) == ([("self._actions", "Panel.show")] if told else [])


@pytest.mark.parametrize(
    ("imports", "told"),
    [
        ("import threading", True),
        ("from gevent import monkey\nmonkey.patch_all()\nimport threading", False),
        ("from gevent import monkey\ndef patch():\n    monkey.patch_all()\nimport threading", True),
    ],
)
def test_threads_are_greenlets_where_they_are_replaced(imports: str, told: bool) -> None:
    assert bool(conflicts_of(count=COUNTING.format(imports=imports, count="self.total += 1"))) is told


@pytest.mark.parametrize(
    ("reset", "tests", "told"),
    [("reset", "test_ledger", True), ("_reset", "test_ledger", False), ("_reset", "shop", True)],
)
def test_what_a_test_does_to_private_parts_shows_nothing(reset: str, tests: str, told: bool) -> None:
    found = conflicts_of(**{"ledger": LEDGER.format(reset=reset), tests: TEST.format(reset=reset)})
    assert bool(found) is told


@pytest.mark.parametrize(
    ("count", "told"),
    [
        ("self.counts[key] += 1", False),
        ("self.counts['all'] += 1", True),
        ("self.counts[key] += len(str(key))", True),
        ("self.counts[key] = self.counts[key] + 1", False),
    ],
)
def test_bare_counts_under_computed_keys_are_nobody_elses(count: str, told: bool) -> None:
    assert bool(conflicts_of(count=COUNTING.format(imports="import threading", count=count))) is told
