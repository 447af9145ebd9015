"""A race that takes three modules to see, from the command line and, in one module, from flake8."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TILL = """\
import threading

total = 0


def add(cents):
    global total
    total = total + int(cents)
"""
BOOKING = """\
import threading

import till


def book(text):
    for cents in text.split():
        till.add(cents)
"""
SHOP = """\
import threading

import booking


def main():
    clerks = [threading.Thread(target=booking.book, args=("1 2",)) for _ in range(2)]
    for clerk in clerks:
        clerk.start()


main()
"""
ALONE = SHOP.replace("import booking\n", TILL.partition("\n")[2] + BOOKING.partition("import till\n")[2])
ALONE = ALONE.replace("booking.book", "book").replace("till.add", "add")
STOCK = """\
import threading


class Stock:
    def __init__(self):
        self._lock = threading.Lock()
        self._names = set()

    def add(self, name):
        with self._lock:
            self._names.add(name)

    def remove(self, name):
        with self._lock:
            self._names.discard(name)


_stock = Stock()
add = _stock.add
remove = _stock.remove
"""
SHELF = """\
import threading
import weakref

import stock


class Shelf:
    def __init__(self, name):
        stock.add(name)
        weakref.finalize(self, Shelf._gone, name)

    @staticmethod
    def _gone(name):
        stock.remove(name)
"""


def findings(folder: Path, code: str = "CON401") -> list[dict[str, Any]]:
    """Return what the command finds in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "conclint", "--isolated", "--select", code, "--format", "json", "."],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return found


def related(finding: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(one["path"], one["line"], one["message"]) for one in finding["related"]]


def test_a_thread_of_one_module_changes_a_global_of_another_through_a_third(tmp_path: Path) -> None:
    for name, text in ("till", TILL), ("booking", BOOKING), ("shop", SHOP):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    (finding,) = findings(tmp_path)
    assert (finding["path"], finding["line"], finding["context"]) == ("till.py", 8, "add")
    assert related(finding) == [
        ("shop.py", 7, "handed to a thread here, and comes to 'add' through 'book'"),
        ("booking.py", 8, "'book' calls 'add' here"),
    ]


def test_it_is_the_same_in_one_module(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(ALONE, encoding="utf-8")
    lines = ALONE.splitlines()
    update, start, call = (
        max(number for number, line in enumerate(lines, start=1) if text in line)
        for text in ("total = total", "Thread(", "        add(cents)")
    )
    (finding,) = findings(tmp_path)
    assert (finding["line"], finding["context"]) == (update, "add")
    assert related(finding) == [
        ("shop.py", start, "handed to a thread here, and comes to 'add' through 'book'"),
        ("shop.py", call, "'book' calls 'add' here"),
    ]


def test_a_finalizer_comes_to_a_lock_through_what_another_module_calls_a_method_of_its_object(tmp_path: Path) -> None:
    for name, text in ("stock", STOCK), ("shelf", SHELF):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    (finding,) = findings(tmp_path, "CON216")
    assert (finding["path"], finding["line"]) == ("shelf.py", 14)
    assert related(finding) == [
        ("stock.py", 14, "which leads here"),
        ("stock.py", 10, "'self._lock' is held from here on"),
        ("shelf.py", 10, "made a finalizer here"),
        ("stock.py", 6, "'self._lock' is made here, and its holder can't take it again"),
    ]


def test_flake8_shows_it_too(tmp_path: Path) -> None:
    pytest.importorskip("flake8")
    (tmp_path / "shop.py").write_text(ALONE, encoding="utf-8")
    (finding,) = findings(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "flake8", "--isolated", "--select", "CON401", "shop.py"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    place = f"shop.py:{finding['line']}:{finding['column']}:"
    assert done.stdout.decode().splitlines() == [f"{place} CON401 {finding['message']}"]
