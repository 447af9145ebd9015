"""Files that say nothing of concurrency and are read because threads come to them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conclint import packs
from conclint.config import Config
from conclint.finding import Finding
from conclint.run import demand, engine, workers
from conclint.run.result import RunResult
from conclint.run.select import Choice, Selection
from conclint.run.settings import Settings

forks = pytest.mark.skipif(sys.platform != "linux", reason="a process is started for each run")

THREADS = """
import threading
import worker
for number in range(4):
    threading.Thread(target=worker.work).start()
"""
STORE = """
count = 0
def add(price):
    global count
    count += price()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(modules: dict[str, str], *, jobs: int = 1) -> RunResult:
    for name, text in modules.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    selection, _ = Selection.of(packs.installed_rules(), Config(str(Path.cwd())), Choice())
    return engine.run(sorted(modules), Settings(selection), jobs=jobs)


def found(result: RunResult) -> list[tuple[str, int, str]]:
    return [(finding.path, finding.span.line, finding.code) for finding in result.findings]


def read(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return the list to which each round adds what it reads."""
    rounds: list[list[str]] = []
    wanted = demand.Unread.wanted

    def noting(self: demand.Unread, summaries: object) -> list[str]:
        rounds.append(wanted(self, summaries))  # type: ignore[arg-type]
        return rounds[-1]

    monkeypatch.setattr(demand.Unread, "wanted", noting)
    return rounds


CASES = {
    "a function that a thread calls": {
        "threads.py": THREADS,
        "worker.py": "import store\ndef work():\n    store.add(int)\n",
        "store.py": STORE,
    },
    "through a module that only calls on": {
        "threads.py": THREADS,
        "worker.py": "import middle\ndef work():\n    middle.go()\n",
        "middle.py": "from store import add\ndef go():\n    add(int)\n",
        "store.py": STORE,
    },
    "what a package has from a module of its own": {
        "threads.py": THREADS,
        "worker.py": "import shop\ndef work():\n    shop.add(int)\n",
        "shop/__init__.py": "from shop.store import add\n",
        "shop/store.py": STORE,
    },
    "the object of a module": {
        "threads.py": THREADS,
        "worker.py": "from store import add\ndef work():\n    add(int)\n",
        "store.py": "class Store:\n    def __init__(self):\n        self.count = 0\n    def add(self, price):\n"
        "        self.count += price()\n_store = Store()\ndef add(price):\n    _store.add(price)\n",
    },
}


@pytest.mark.parametrize("jobs", [1, pytest.param(3, marks=forks)])
@pytest.mark.parametrize("modules", CASES.values(), ids=CASES)
def test_a_race_is_found_where_the_shared_state_is(
    modules: dict[str, str], jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "WORTH_PROCESSES", 0)
    monkeypatch.setattr(workers, "CHUNK", 10)
    (finding,) = run(modules, jobs=jobs).findings
    assert "store.py" in finding.path
    assert finding.code in ("CON401", "CON402")
    assert finding.related[0].path == "threads.py"


INHERITED = {
    "pool.py": """
import threading
from base import Base
class Pool(Base):
    def __init__(self):
        super().__init__()
        self._lock = threading.Lock()
        for number in range(3):
            threading.Thread(target=self.work).start()
    def work(self):
        self.note(input)
        with self._lock:
            self.done += 1
""",
    "base.py": """
class Base:
    def __init__(self):
        self.done = 0
    def note(self, ask):
        self.done += ask()
""",
}


def test_a_class_that_threads_use_inherits_what_they_share(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = read(monkeypatch)
    assert found(run(INHERITED)) == [("base.py", 6, "CON402")]
    assert rounds[0] == ["base.py"]


AWAITING = "import asyncio\nimport tools\nasync def handle():\n    tools.fetch()\nasyncio.run(handle())\n"


@pytest.mark.parametrize(
    "text",
    [
        "import time\ndef fetch():\n    time.sleep(3)\n",
        "from time import sleep\ndef fetch():\n    again()\ndef again():\n    sleep(3)\n",
        "import requests\ndef fetch():\n    return requests.get('x')\n",
        "from urllib.request import urlopen\ndef fetch():\n    return urlopen('http://x')\n",
    ],
)
def test_what_coroutines_call_must_not_wait(text: str) -> None:
    assert found(run({"app.py": AWAITING, "tools.py": text})) == [("app.py", 4, "CON703")]


def test_what_coroutines_call_is_not_read_where_it_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = read(monkeypatch)
    assert run({"app.py": AWAITING, "tools.py": "import json\ndef fetch():\n    return json.loads('1')\n"}).findings == ()
    assert rounds == [[]]


NOT_READ = {
    "no thread comes there": {
        "threads.py": "import threading\nimport store\nstore.add(int)\nthreading.Thread(target=print).start()\n",
        "store.py": STORE,
    },
    "nothing there outlives the call": {
        "threads.py": THREADS,
        "worker.py": "import tools\ndef work():\n    tools.total([1])\n",
        "tools.py": "def total(prices):\n    found = 0\n    for price in prices:\n        found += price\n    return found\n",
    },
    "the thread makes an object of its own": {
        "threads.py": THREADS,
        "worker.py": "import tools\ndef work():\n    tools.Total().add(int)\n",
        "tools.py": "class Total:\n    def __init__(self):\n        self.sum = 0\n    def add(self, price):\n"
        "        self.sum += price()\n",
    },
    "a process shares nothing": {
        "threads.py": "import multiprocessing\nimport worker\nif __name__ == '__main__':\n"
        "    child = multiprocessing.Process(target=worker.work)\n    child.start()\n    child.join()\n",
        "worker.py": "import store\ndef work():\n    store.add(int)\n",
        "store.py": STORE,
    },
    "another package has a module of the name from where it comes": {
        "threads.py": THREADS,
        "worker.py": "import tools\ndef work():\n    tools.add(int)\n",
        "tools.py": "from _store import add\n",
        "shop/__init__.py": "",
        "shop/_store.py": "import threading\n",
    },
    "another package has the name": {
        "threads.py": THREADS,
        "worker.py": "import store\ndef work():\n    store.add(int)\n",
        "shop/__init__.py": "",
        "shop/store.py": STORE,
    },
}


@pytest.mark.parametrize("modules", NOT_READ.values(), ids=NOT_READ)
def test_what_can_tell_nothing_is_not_read(modules: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = read(monkeypatch)
    assert run(modules).findings == ()
    assert not {"store.py", "tools.py", "shop/store.py"} & {path for paths in rounds for path in paths}


def test_comments_hide_what_is_found_there() -> None:
    modules = dict(CASES["a function that a thread calls"])
    modules["store.py"] = STORE.replace("price()\n", "price()  # conclint: ignore[CON401] a test\n")
    assert run(modules).findings == ()


def test_rules_for_single_modules_have_no_say_there() -> None:
    modules = dict(CASES["a function that a thread calls"])
    modules["store.py"] = STORE + "def locked(lock):\n    lock.acquire()\n    add(int)\n    lock.release()\n"
    assert [code for _, _, code in found(run(modules))] == ["CON401"]


@pytest.mark.parametrize(
    "text", ["def add(price):\n    count += price(\n", f"def add(price):\n    count += {'-' * 1_500}price()\n"]
)
def test_what_is_no_python_is_left_alone(text: str) -> None:
    modules = dict(CASES["a function that a thread calls"])
    modules["store.py"] = f"count = 0\ndef add(price):\n    global count\n{text}"
    result = run(modules)
    assert result.findings == ()
    assert result.failures == ()


def test_threads_go_only_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = read(monkeypatch)
    modules = {"threads.py": THREADS, "worker.py": "import m0\ndef work():\n    m0.go()\n"}
    for number in range(9):
        text = f"import m{number + 1}\nn = []\ndef go():\n    n.append(1)\n    m{number + 1}.go()\n"
        modules[f"m{number}.py"] = text
    run(modules)
    assert rounds == [["worker.py"], ["m0.py"], ["m1.py"], ["m2.py"]]


def test_findings_are_in_order_and_the_same_whatever_the_order_of_files() -> None:
    modules = CASES["through a module that only calls on"]
    first = run(modules)
    selection, _ = Selection.of(packs.installed_rules(), Config(str(Path.cwd())), Choice())
    again = engine.run(sorted(modules, reverse=True), Settings(selection))
    assert _plain(first.findings) == _plain(again.findings)


def _plain(findings: tuple[Finding, ...]) -> list[str]:
    return [str(finding) for finding in findings]
