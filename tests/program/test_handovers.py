"""Arguments for what other modules define."""

from __future__ import annotations

import textwrap

import pytest

from conclint.model import ModuleModel
from conclint.program import ModuleSummary, Program, summarise
from conclint.source import Source
from conclint.syntax import Locator, parse

STOCK = """
import functools
def count(shelf, deep=False): pass
def total(*shelves): pass
def wrapped(f): return f
@wrapped
def decorated(a): pass
class Shelf:
    def take(self, item): return item
    def stub(self, item): raise NotImplementedError
    def replaced(self, item): return item
    @staticmethod
    def label(item): return item
class Wide(Shelf):
    def replaced(self, item, more): return item
shelf = Shelf()
"""

FOUND = {
    "Thread(target=stock.count)": "count without its argument 'shelf'",
    "Thread(target=count, args=(1, 2, 3))": "count with 3 arguments by position, of which it takes 2",
    "pool.submit(count, deep=True)": "count without its argument 'shelf'",
    "Thread(target=Shelf().take)": "take without its argument 'item'",
    "Thread(target=Shelf.take, args=(1,))": "take without its argument 'item'",
}

QUIET = [
    "Thread(target=count, args=(1,))",
    "Thread(target=stock.total, args=(1, 2, 3))",
    "Thread(target=stock.decorated)",
    "Thread(target=stock.unknown)",
    "Thread(target=Shelf().take, args=(1,))",
    "Thread(target=Shelf().stub)",
    "Thread(target=Shelf().replaced)",
    "Thread(target=Shelf().label)",
    "Thread(target=count, args=given)",
    "Thread(target=os.path.join)",
]


def summary_of(name: str, text: str) -> ModuleSummary:
    model = ModuleModel(parse(Source(f"{name}.py", textwrap.dedent(text))))
    return summarise(model, Locator(model.tree))


def problems(line: str) -> list[str]:
    shop = f"""
        import os, stock
        from threading import Thread
        from concurrent.futures import ThreadPoolExecutor
        from stock import Shelf, count
        pool = ThreadPoolExecutor()
        {line}
    """
    program = Program([summary_of("stock", STOCK), summary_of("shop", shop)])
    return [f"{found.name} {found.problem}" for found in program.misfits()]


@pytest.mark.parametrize("line", FOUND)
def test_what_does_not_fit(line: str) -> None:
    assert problems(line) == [FOUND[line]]


@pytest.mark.parametrize("line", QUIET)
def test_what_may_fit(line: str) -> None:
    assert problems(line) == []
