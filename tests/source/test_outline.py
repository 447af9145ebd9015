"""What the text of a module shows without being parsed."""

from __future__ import annotations

import textwrap
import time

import pytest

from conclint.source.outline import Imported, Outline


def outline(text: str) -> Outline:
    return Outline(textwrap.dedent(text))


def test_names_of_the_module() -> None:
    found = outline("""
        import os
        LIMIT: int = 3
        class Shelf(Base):
            top = 1
        async def fill(): pass
        if LIMIT == 4: pass
    """)
    assert [name for name in ("os", "LIMIT", "Shelf", "fill", "top") if found.defines(name)] == [
        "LIMIT",
        "Shelf",
        "fill",
    ]
    assert found.is_class("Shelf")
    assert not found.is_class("fill")


def test_imports() -> None:
    found = outline("""
        import a.b, c
        from .shop.stock import (take,
            give as lend)
        from . import till
        from x import *
    """)
    assert found.imports == (
        Imported("", frozenset({"a", "b", "c"})),
        Imported("shop.stock", frozenset({"take", "give", "as", "lend"})),
        Imported("", frozenset({"till"})),
        Imported("x", frozenset({"*"})),
    )
    assert found.origins("take") == ["shop.stock", "x"]
    assert found.origins("till") == ["till", "x"]


@pytest.mark.parametrize(
    "body",
    [
        "global count\n    count = 1",
        "stock[shelf] = 1",
        "stock[shelf] += 1",
        "stock.append(shelf)",
        "Shelf.count += 1",
        "helper()",
        "if shelf: \\\n    del shelf; stock.pop()",
        "till.add(1)",
    ],
)
def test_a_function_changes_the_module(body: str) -> None:
    text = (
        "stock = {}\ncount = 0\nclass Shelf:\n    count = 0\n"
        "class Till:\n    def add(self, n):\n        self.sum += n\ntill = Till()\n"
        f"def helper():\n    stock.clear()\ndef work(shelf):\n    {body}\n"
    )
    assert Outline(text).changes_module("work")


@pytest.mark.parametrize(
    "body", ["shelf[0] = 1", "local = []\n    local.append(1)", "n = 0\n    n += 1", "return stock"]
)
def test_a_function_changes_nothing_of_the_module(body: str) -> None:
    assert not Outline(f"stock = {{}}\nstock['a'] = 1\ndef work(shelf):\n    {body}\n").changes_module("work")


def test_objects_and_locks() -> None:
    found = outline("""
        class Plain:
            def get(self): return self.x
        class Counts:
            def add(self):
                self.x += 1
        class Blocks:
            blocking = True
            def get(self):
                with self._lock: return self.x
    """)
    assert [cls for cls in ("Plain", "Counts", "Blocks") if found.changes_objects(cls)] == ["Counts"]
    assert [cls for cls in ("Plain", "Counts", "Blocks") if found.locks(cls)] == ["Blocks"]


@pytest.mark.parametrize(
    "piece",
    ["self.x[", "a.b.c.", "x = [", "from a import (", "class C(\n", "def f():\n x[", "((((", "a" * 50],
)
def test_the_time_is_linear_in_the_text(piece: str) -> None:
    text = "def f():\n  " + piece * (200_000 // len(piece))
    began = time.perf_counter()
    found = Outline(text)
    found.changes_module("f")
    assert found.imports is not None
    assert time.perf_counter() - began < 5
