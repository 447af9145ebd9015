"""The linked program: who runs a function, under which locks, and which writes clash."""

from __future__ import annotations

import msgspec
import pytest
from modelling import model_of

from conclint.program import ModuleSummary, Program, summarise
from conclint.syntax import Locator


def summary_of(text: str) -> ModuleSummary:
    model = model_of(text)
    return summarise(model, Locator(model.tree))


def program_of(text: str) -> Program:
    return Program([summary_of(text)])


def contexts_of(text: str) -> dict[str, list[str]]:
    """Return for each function who runs it: "main", "user" for an unseen caller, or what is handed over; + for many."""
    program = program_of(text)
    names = {key: function.name for key, function in program.functions.items()}
    return {
        function.name: sorted(
            context.runner.value if context.root is None else names[context.root.function] + "+" * context.many
            for context in program.contexts(key)
        )
        for key, function in program.functions.items()
    }


def clashes_of(text: str) -> list[tuple[str, str]]:
    """Return (variable, function) of each write that clashes with another or with itself."""
    program = program_of(text)
    return sorted(
        (access.fact.label, access.function.name)
        for accesses in program.races.variables.values()
        for access in accesses
        if access.kind.writes and program.races.clash(access, accesses) is not None
    )


def locks_of(text: str) -> dict[str, list[str]]:
    """Return the locks held at the writes of each function."""
    program = program_of(text)
    return {
        access.function.name: sorted(map(program.locks.label, access.locks))
        for accesses in program.races.variables.values()
        for access in accesses
    }


def test_what_is_only_loaded_and_stored_is_left_out() -> None:
    (function,) = [f for f in summary_of("""
        import threading
        x = 0
        def f():
            global x
            x = 1
            return x
    """).functions if f.name == "f"]
    assert function.accesses == ()


def test_a_summary_is_plain_data() -> None:
    summary = summary_of("""
        import threading
        x = 0
        lock = threading.Lock()
        def f():
            global x
            with lock:
                x += 1
        threading.Thread(target=f).start()
    """)
    assert summary.functions
    assert msgspec.json.decode(msgspec.json.encode(summary), type=ModuleSummary) == summary


def test_who_runs_a_function() -> None:
    assert contexts_of("""
        import threading
        x = 0
        def work():
            helper()
        def helper():
            global x
            x += 1
            deeper()
        def deeper(): pass
        def main():
            for i in "ab":
                threading.Thread(target=work).start()
            helper()
        def _unused():
            helper()
        main()
    """) == {
        "": ["main"],
        "work": ["work+"],
        "helper": ["main", "work+"],
        "deeper": ["main", "work+"],
        "main": ["main"],
        "_unused": [],
    }


def test_an_exported_function_that_nobody_is_seen_to_call_may_be_called_by_anyone() -> None:
    contexts = contexts_of("""
        import threading
        x = 0
        def work():
            global x
            x += 1
        def public(): threading.Thread(target=work).start()
        def _private(): pass
        class C:
            def method(self): pass
    """)
    assert contexts["public"] == contexts["C.method"] == ["user"]
    assert contexts["_private"] == []
    assert contexts["work"] == ["work"]


def test_processes_share_no_globals() -> None:
    assert clashes_of("""
        import multiprocessing
        x = 0
        def work():
            global x
            x += 1
        for i in "ab":
            multiprocessing.Process(target=work).start()
    """) == []


COUNTER = """
import threading
from concurrent.futures import ThreadPoolExecutor
x = 0
lock = threading.Lock()
other = threading.Lock()
"""
STARTED = "for i in y: threading.Thread(target=work).start()"


@pytest.mark.parametrize(
    ("text", "clash"),
    [
        ("def work():\n    global x\n    x += 1\nfor i in y: threading.Thread(target=work).start()", True),
        ("def work():\n    global x\n    x += 1\nthreading.Thread(target=work).start()", False),
        ("def work():\n    global x\n    with lock: x += 1\nfor i in y: threading.Thread(target=work).start()", False),
        ("def work():\n    x = 0\n    x += 1\nfor i in y: threading.Thread(target=work).start()", False),
        ("def work(a):\n    global x\n    x += 1\nThreadPoolExecutor().map(work, y)", True),
        ("def work(a):\n    global x\n    x += 1\nThreadPoolExecutor(1).map(work, y)", False),
        (
            "def work():\n    global x\n    with lock:\n        try: y()\n        except OSError: x += 1\n" + STARTED,
            False,
        ),
        (
            "def work():\n    global x\n    try: y()\n    except OSError: x += 1\n" + STARTED,
            True,
        ),
    ],
)
def test_writes_of_one_function(text: str, clash: bool) -> None:
    assert bool(clashes_of(COUNTER + text + "\n")) is clash


@pytest.mark.parametrize(
    ("one", "two", "clash"),
    [
        ("x += 1", "x += 1", True),
        ("with lock: x += 1", "with lock: x += 1", False),
        ("with lock: x += 1", "with other: x += 1", True),
        ("with lock: x += 1", "x += 1", True),
        ("with lock, other: x += 1", "with other: x += 1", False),
    ],
)
def test_writes_of_two_threads(one: str, two: str, clash: bool) -> None:
    text = f"""{COUNTER}
def a():
    global x
    {one}
def b():
    global x
    {two}
threading.Thread(target=a).start()
threading.Thread(target=b).start()
"""
    expected = [("x", "a"), ("x", "b")] if clash else []
    assert clashes_of(text) == expected


def test_threads_that_follow_one_another_do_not_clash() -> None:
    assert clashes_of(f"""{COUNTER}
def a():
    global x
    x += 1
def main():
    s = threading.Thread(target=a)
    s.start()
    s.join()
    t = threading.Thread(target=a)
    t.start()
    t.join()
main()
""") == []


def test_locks_that_every_caller_holds_are_held() -> None:
    text = f"""{COUNTER}
def work():
    with lock:
        step()
def again():
    with other, lock:
        step()
def step():
    inner()
def inner():
    global x
    x += 1
for i in y:
    threading.Thread(target=work).start()
    threading.Thread(target=again).start()
"""
    assert locks_of(text) == {"inner": ["lock"]}
    assert clashes_of(text) == []
    assert locks_of(text + "step()\n") == {"inner": []}
    assert clashes_of(text + "step()\n") == [("x", "inner")]


def test_a_function_that_calls_itself_keeps_its_callers_locks() -> None:
    text = f"""{COUNTER}
def work():
    with lock:
        step(3)
def step(n):
    global x
    x += 1
    if n:
        step(n - 1)
for i in y:
    threading.Thread(target=work).start()
"""
    assert locks_of(text) == {"step": ["lock"]}


def test_a_function_that_is_handed_over_starts_with_no_lock() -> None:
    text = f"""{COUNTER}
def work():
    global x
    x += 1
def main():
    with lock:
        work()
threading.Thread(target=work).start()
main()
"""
    assert locks_of(text) == {"work": []}


def test_what_main_does_before_the_start_and_after_the_join_is_ordered() -> None:
    def text(before: str, between: str, after: str) -> str:
        return f"""{COUNTER}
def work():
    global x
    x += 1
def main():
    global x
    t = threading.Thread(target=work)
    {before}
    t.start()
    {between}
    t.join()
    {after}
main()
"""

    assert clashes_of(text("x += 1", "pass", "x += 1")) == []
    assert clashes_of(text("pass", "x += 1", "pass")) == [("x", "main"), ("x", "work")]


def test_modules_do_not_share_what_has_the_same_name() -> None:
    text = f"""{COUNTER}
def work():
    global x
    x += 1
threading.Thread(target=work).start()
"""
    one = summary_of(text)
    other = msgspec.json.decode(msgspec.json.encode(one).replace(b"module.py", b"second.py"), type=ModuleSummary)
    program = Program([other, one])
    assert [module.path for module in program.modules] == ["module.py", "second.py"]
    assert len(program.races.variables) == 2
    assert all(program.races.clash(write, writes) is None for writes in program.races.variables.values() for write in writes)


def test_the_order_of_modules_does_not_matter() -> None:
    one = summary_of(f"{COUNTER}def f():\n    global x\n    x += 1\nfor i in y: threading.Thread(target=f).start()\n")
    other = msgspec.json.decode(msgspec.json.encode(one).replace(b"module.py", b"second.py"), type=ModuleSummary)
    assert Program([one, other]).races.variables.keys() == Program([other, one]).races.variables.keys()


def test_who_calls_a_library_is_no_thread_that_is_seen() -> None:
    """A filter of log records runs in whatever thread logs; nothing tells that there are several."""
    text = """
    import logging
    class Counting(logging.Filter):
        def __init__(self):
            self.count = 0
        def filter(self, record):
            self.count += len(record.name)
            return True
    """
    assert clashes_of(text) == []


@pytest.mark.parametrize(
    "runs",
    [
        "atexit.register(count); signal.signal(signal.SIGTERM, handler)",
        "gevent.spawn(count); gevent.spawn(count)",
        "[signal.signal(number, handler) for number in numbers]",
        "weakref.finalize(one, count); weakref.finalize(other, count)",
    ],
)
def test_what_takes_turns_on_one_thread_does_not_clash(runs: str) -> None:
    text = f"""
    import atexit, gevent, signal, weakref
    total = 0
    def count():
        global total
        total += len(str(total))
    def handler(signum, frame):
        count()
    def main():
        {runs}
    main()
    """
    assert clashes_of(text) == []


@pytest.mark.parametrize(
    ("both", "clash"), [("", []), ("class Both(Sync, Poller): pass", [("self.count", "Poller.poll"), ("self.count", "Sync.run")])]
)
def test_objects_of_sibling_classes_are_two(both: str, clash: list[tuple[str, str]]) -> None:
    text = f"""
    import threading
    class Worker:
        def __init__(self):
            self.count = 0
        def start(self):
            threading.Thread(target=self.run).start()
            threading.Thread(target=self.poll).start()
        def run(self): pass
        def poll(self): pass
    class Sync(Worker):
        def run(self):
            self.count += 1
    class Poller(Worker):
        def poll(self):
            self.count += 1
    {both}
    """
    assert sorted(clashes_of(text)) == clash
