"""What is kept of a module names things by where they stand, never by where they lie in memory.

Trees are let go before the program is linked, so that a number of an object may come again in another module.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from conclint.model import ModuleModel
from conclint.program import summarise
from conclint.program.summary import ModuleSummary
from conclint.source import Source
from conclint.syntax import Locator, parse

FIXTURES = Path(__file__).parents[1] / "fixtures"
OF_LOCKS_AND_RACES = sorted(FIXTURES.glob("CON[24]*/bad*.py"))

TAKEN_FROM_ELSEWHERE = """
import atexit
import threading
from concurrent.futures import ThreadPoolExecutor


def locks():
    return [threading.Lock()]


def once(job):
    with locks()[0]:
        ThreadPoolExecutor(max_workers=1).submit(job)


if hasattr(threading, "setprofile_all_threads"):
    def begin():
        pass
else:
    @atexit.register
    def begin():
        pass
"""


def summary_of(text: str) -> tuple[ModuleSummary, object]:
    """Return a summary, and what keeps the numbers of its tree from being given again."""
    tree = parse(Source("module.py", text))
    return summarise(ModuleModel(tree), Locator(tree)), tree


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TAKEN_FROM_ELSEWHERE, id="taken from elsewhere"),
        *(pytest.param(path.read_text("utf-8"), id=f"{path.parent.name}/{path.stem}") for path in OF_LOCKS_AND_RACES),
    ],
)
def test_a_module_has_the_same_summary_each_time(text: str) -> None:
    first, tree = summary_of(text)
    again, other_tree = summary_of(text)
    assert tree is not other_tree
    assert first == again
