"""No file that imports a concurrency module may be left out."""

from __future__ import annotations

import ast
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conclint.source.sniff import BORDER, CORE, Sniff, is_concurrent, is_concurrent_fragment
from conclint.source.source import Source

MODULES = st.sampled_from([*CORE, *BORDER])
PLAIN = st.sampled_from(["os", "os.path", "re", "thread", "queues", "signals", "my.threading", "_queue"])
GAP = st.sampled_from([" ", "  ", "\t", "\x0c", " \\\n", " \\\r\n    ", "\\\n"])
PAREN_GAP = st.sampled_from(["", " ", "\n", "\r\n    ", " # )\n", "  # threading (\n", "\\\n"])
BEFORE = st.sampled_from(
    [
        "",
        "x = 1\n",
        "'import ('\n",
        "# from (\n",
        '"""import (\n"""\n',
        "import sys\n",
        "x = 1; ",
        "if x: ",
        "\x0c",
        "\r",
    ]
)


def imported(text: str) -> set[str]:
    """Return the top-level modules that a text imports, as the language's own parser sees it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).partition(".")[0])
    return found


@st.composite
def imports(draw: st.DrawFn) -> str:
    """An import statement of one of the modules, in any layout."""
    module = draw(MODULES) + draw(st.sampled_from(["", "", ".sub", " as x"]))
    if draw(st.booleans()):
        names = [draw(PLAIN) for _ in range(draw(st.integers(0, 3)))] + [module]
        separator = draw(st.sampled_from([",", ", ", " , ", ", \\\n", ",\\\r\n  "]))
        return f"import{draw(GAP)}{separator.join(draw(st.permutations(names)))}"
    module = module.removesuffix(" as x")
    opened, closed = draw(st.sampled_from([("", ""), ("(", ")")]))
    inner = draw(PAREN_GAP) if opened else ""
    return f"from{draw(GAP)}{module}{draw(GAP)}import {opened}{inner}a as b{inner}{closed}"


@given(BEFORE, imports(), st.sampled_from(["", "\n", "; x = 1", "  # so\n"]))
def test_no_import_is_missed(before: str, statement: str, after: str) -> None:
    text = f"{before}{statement}{after}"
    assert imported(text) & {*CORE, *BORDER}
    assert is_concurrent(text)


@given(BEFORE, imports())
def test_a_rule_for_threads_and_processes_sees_each_file_that_imports_them(
    before: str, statement: str
) -> None:
    text = f"{before}{statement}\n"
    if imported(text) & set(CORE):
        assert Sniff([()]).wants_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "import os, threading",
        "import os; import threading",
        "import os, \\\n    threading",
        "import os,threading",
        "if x: import threading",
        "try: from Queue import Queue\nexcept ImportError: from queue import Queue",
        "from concurrent import futures",
        "import concurrent.futures",
        "from multiprocessing.pool import ThreadPool",
        "from compat import (\n    json,  # )\n    queue,\n)",
        "from . import threading",
        "for name in sys.modules: pass",
        "found = [m for (n, m) in sys.modules.items() if m]",
        "found = list(sys.modules.items())",
        "m = importlib.import_module('threading')",
        'm = importlib.import_module(\n    r"multiprocessing.pool"\n)',
        "m = __import__('threading')",
        "m = __import__ ( 'threading' )",
        "q = pytest.importorskip('queue')",
        "import\tthreading",
        "import os\rimport threading\r",
        "\ufeffimport threading",
        "import os，threading",
        "import os；import threading",
        "import　threading",
        "import\xa0threading",
        "from threading import Thread，Lock",
        "pid = os.fork()",
        "from http.server import ThreadingHTTPServer",
        "class Server(socketserver.ThreadingMixIn): ...",
    ],
)
def test_what_handles_concurrency(text: str) -> None:
    assert is_concurrent(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "import os\n",
        "queue = []\nqueue.append(signal)\n",
        "from .queue import Queue",
        "from django.db.models import signals",
        "import django.dispatch.signal",
        "import threadings, my_threading",
        "# threading is a fine module\n",
        "import os\nthreading = 1\n",
        "import (os)\nqueue = 1\n",
        "# takes an item from the queue\n",
        "x = 'importer'; y = queue('z')",
    ],
)
def test_what_does_not(text: str) -> None:
    assert not is_concurrent(text)


def test_border_modules_matter_where_a_rule_finds_its_words() -> None:
    border = "import asyncio\nasyncio.run(main())\n"
    assert is_concurrent(border)
    assert not Sniff([()]).wants_text(border)
    assert not Sniff([(), ("to_thread",)]).wants_text(border)
    assert Sniff([(), ("to_thread",)]).wants_text(f"{border}await asyncio.to_thread(work)\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import subprocess\nsubprocess.run(command)\n", False),
        ("import signal\nos.kill(child, signal.SIGTERM)\n", False),
        ("import asyncio\nif asyncio.iscoroutinefunction(view): block(view)\n", False),
        ("import subprocess\nsubprocess.Popen(command, stdout=subprocess.PIPE).communicate()\n", False),
        ("import subprocess\nsubprocess.Popen(command, stdout=subprocess.PIPE).wait()\n", True),
        ("import subprocess\nsubprocess.call(command, stdout=subprocess.PIPE)\n", True),
        ("import subprocess\nwith self._lock: subprocess.run(command)\n", True),
        ("import signal\nsignal.signal(signal.SIGTERM, end)\n", True),
        ("import asyncio\nasync def main(): ...\n", True),
        ("import asyncio\nclass Echo(asyncio.Protocol): ...\n", True),
        ("import asyncio\nloop.call_soon_threadsafe(work)\n", True),
    ],
)
def test_border_modules_matter_where_more_is_done_than_a_command_run(text: str, expected: bool) -> None:
    assert is_concurrent(text)
    assert Sniff([(), ("(",)]).wants_text(text) is expected


def test_needles_narrow_what_is_read() -> None:
    threads = "import threading\nevent.set()\n"
    assert Sniff([()]).wants_text(threads)
    assert Sniff([("set",), ("clear",)]).wants_text(threads)
    assert not Sniff([("clear",)]).wants_text(threads)
    assert not Sniff([]).wants_text(threads)
    assert not Sniff([("clear",)]).wants_text("screen.clear()\n")


def test_modules_of_libraries_can_be_added() -> None:
    text = "from joblib import Parallel\n"
    assert not is_concurrent(text)
    assert Sniff([()], modules=["joblib"]).wants_text(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("t = Thread(target=f)", True),
        ("with lock.acquire():", True),
        ("x = threading.local()", True),
        ("p = mp.Process()", True),
        ("t = Thread（target=f）", True),
        ("print('hello')", False),
        ("threads_of_fate = 1", False),
        ("future_plans()", False),
    ],
)
def test_fragments_are_known_by_their_words(text: str, expected: bool) -> None:
    assert is_concurrent_fragment(text) is expected
    assert Sniff([()]).wants(Source("x.md", text, fragment=True)) is expected
    assert not Sniff([()]).wants(Source("x.py", text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import weakref\nseen = weakref.WeakValueDictionary()\nif key in seen: use(seen[key])", True),
        ("class A:\n  seen: 'WeakValueDictionary[str, A]' = (\n    WeakValueDictionary())\n  x = y in self.seen", True),
        ("import weakref\nseen = weakref.WeakValueDictionary()\nseen.get(key)", False),
    ],
)
def test_a_file_is_read_that_asks_a_weak_mapping(text: str, expected: bool) -> None:
    assert Sniff([("WeakValueDictionary",)]).wants_text(text) is expected
    assert not Sniff([("Thread",)]).wants_text(text)


def test_names_can_be_added_for_fragments() -> None:
    source = Source("x.md", "run = Parallel(n_jobs=2)", fragment=True)
    assert not Sniff([()]).wants(source)
    assert Sniff([()], names=["Parallel"]).wants(source)


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    assert is_concurrent(f"{text}\nimport threading\n")


@pytest.mark.parametrize(
    "part",
    [
        *(
            "import",
            "import ",
            "import (",
            "import_(",
            "import x \\\n",
            "import #(",
            "import('",
            "from",
            "from ",
        ),
        *("from(", "from \\\n", "from x ", "(", "queue ", "queue.", "import " + "x" * 50, "__import__ ( "),
    ],
)
def test_the_time_is_linear_in_the_text(part: str) -> None:
    text = "threading " + part * (2_000_000 // len(part))
    started = time.process_time()
    is_concurrent(text)
    assert time.process_time() - started < 3
