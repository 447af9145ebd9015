"""What happens to primitives, what is handed over, and which functions run elsewhere."""

from __future__ import annotations

import pytest
from modelling import calls_of, described, model_of

from conclint.knowledge.schema import Domain, Primitive, Where
from conclint.model import ModuleModel


def events_in(text: str) -> list[tuple[str, str]]:
    """Return (word, what it happens to) in source order of each scope."""
    return [(event.word, model.label(event.object)) for model in [model_of(text)] for event in model.events]


def roots_in(text: str) -> list[tuple[str, Where, bool]]:
    return [(root.function.qualified_name, root.where, root.many) for root in model_of(text).roots]


def test_methods_of_primitives_are_events() -> None:
    assert events_in("""
        import threading, queue
        lock = threading.Lock()
        t = threading.Thread(target=print)
        q = queue.Queue()
        lock.acquire()
        lock.release()
        t.start()
        t.join()
        q.put(1)
        q.get()
        other.start()
        "a".join(x)
    """) == [
        ("acquire", "lock"),
        ("release", "lock"),
        ("start", "t"),
        ("join", "t"),
        ("put", "q"),
        ("get", "q"),
    ]


def test_a_partial_may_hand_over_too() -> None:
    assert roots_in("""
        import functools, threading
        def work(): pass
        def other(): pass
        Daemon = functools.partial(threading.Thread, daemon=True)
        Worker = functools.partial(threading.Thread, target=other)
        Daemon(target=work).start()
        Worker().start()
    """) == [("work", Where.THREAD, False), ("other", Where.THREAD, False)]


def test_what_a_partial_makes_has_no_creation_site() -> None:
    model = model_of("""
        import functools, threading
        make = functools.partial(threading.Thread, daemon=True)
        plain = functools.partial(threading.Thread)
        make()
        plain()
    """)
    assert [site.call for site in model.sites] == calls_of(model, "plain")


def test_setting_an_attribute_is_an_event() -> None:
    assert events_in("""
        import threading
        t = threading.Thread()
        t.daemon = True
        t.name = "x"
        t.other = 1
        other.daemon = True
    """) == [("daemon", "t"), ("name", "t")]


def test_a_method_of_ones_own_is_no_event() -> None:
    assert events_in("""
        import threading
        class Worker(threading.Thread):
            def join(self): pass
        w = Worker()
        w.start()
        w.join()
    """) == [("start", "w")]


def test_an_event_knows_the_kind_and_the_site() -> None:
    model = model_of("""
        import threading
        def f():
            t = threading.Thread()
            t.start()
    """)
    (event,) = model.events
    (site,) = model.sites
    assert event.kind is Primitive.THREAD
    assert event.instances[0].site is site
    assert model.events_of("start", Primitive.THREAD) == [event]
    assert model.events_of("start", Primitive.PROCESS) == []
    assert model.events_of("join") == []


HANDED_OVER = {
    "threading.Thread(target=work)": ("threading.Thread", Where.THREAD),
    "threading.Thread(None, work)": ("threading.Thread", Where.THREAD),
    "threading.Timer(1, work)": ("threading.Timer", Where.THREAD),
    "threading.Timer(interval=1, function=work)": ("threading.Timer", Where.THREAD),
    "multiprocessing.Process(target=work)": ("multiprocessing.Process", Where.PROCESS),
    "multiprocessing.get_context('spawn').Process(target=work)": ("multiprocessing.Process", Where.PROCESS),
    "multiprocessing.Pool().map(work, x)": ("multiprocessing.pool.Pool.map", Where.WORKER),
    "multiprocessing.Pool().apply_async(work, (1,))": ("multiprocessing.pool.Pool.apply_async", Where.WORKER),
    "multiprocessing.Pool(1, work)": ("multiprocessing.Pool", Where.WORKER),
    "concurrent.futures.ThreadPoolExecutor().submit(work, 1)": (
        "concurrent.futures.ThreadPoolExecutor.submit",
        Where.WORKER,
    ),
    "concurrent.futures.ThreadPoolExecutor().map(work, x)": ("concurrent.futures.ThreadPoolExecutor.map", Where.WORKER),
    "signal.signal(signal.SIGINT, work)": ("signal.signal", Where.SIGNAL),
    "atexit.register(work)": ("atexit.register", Where.EXIT),
    "weakref.finalize(x, work)": ("weakref.finalize", Where.FINALIZER),
    "os.register_at_fork(before=work)": ("os.register_at_fork", Where.FORK),
    "_thread.start_new_thread(work, ())": ("_thread.start_new_thread", Where.THREAD),
    "asyncio.to_thread(work)": ("asyncio.to_thread", Where.WORKER),
}
IMPORTS = "import _thread, asyncio, atexit, concurrent.futures, multiprocessing, os, signal, threading, weakref\n"


@pytest.mark.parametrize("code", HANDED_OVER)
def test_a_callable_that_is_handed_over(code: str) -> None:
    type_name, where = HANDED_OVER[code]
    model = model_of(f"{IMPORTS}def work(*a): pass\nx = {code}\n")
    found = [(handover, described(*model.values(handover.target.value))) for handover in model.handovers]
    (handover,) = [handover for handover, target in found if target == "def work"]
    assert handover.where is where
    assert handover.type_name.rpartition(".")[2] == type_name.rpartition(".")[2]
    roots = [(root.function.name, root.where) for root in model.roots]
    assert roots == [("work", where)]


def test_nothing_is_handed_over_without_a_target() -> None:
    assert not model_of(f"{IMPORTS}threading.Thread(name='x')\nprint(work)\nother.submit(work)\n").handovers


def test_arguments_as_one_tuple_or_loose() -> None:
    model = model_of(f"""{IMPORTS}
        threading.Thread(target=print, args=(1, 2))
        concurrent.futures.ThreadPoolExecutor().submit(print, 1, sep="")
    """.replace("\n        ", "\n"))
    thread, submitted = model.handovers
    assert thread.arguments is not None
    assert model.code(thread.arguments.value) == "(1, 2)"
    assert thread.loose_arguments == []
    assert submitted.arguments is None
    assert [model.code(argument.value) for argument in submitted.loose_arguments] == ["1", '""']


TARGETS = {
    "a function": ("work", ["work"]),
    "a method": ("C().run_it", ["C.run_it"]),
    "a lambda": ("lambda: work()", ["<lambda>"]),
    "a partial": ("functools.partial(work, 1)", ["work"]),
    "one of two": ("work if x else other", ["work", "other"]),
    "unknown": ("something.work", []),
    "a library's function": ("print", []),
}


@pytest.mark.parametrize("name", TARGETS)
def test_the_functions_that_become_roots(name: str) -> None:
    target, expected = TARGETS[name]
    found = roots_in(f"""
import functools, threading
def work(): pass
def other(): pass
class C:
    def run_it(self): pass
threading.Thread(target={target}).start()
""")
    assert found == [(function, Where.THREAD, False) for function in expected]


def test_run_of_a_thread_class_is_a_root() -> None:
    text = """
        import threading, multiprocessing
        class A(threading.Thread):
            def run(self): pass
        class B(A):
            def helper(self): pass
        class P(multiprocessing.Process):
            def run(self): pass
    """
    assert roots_in(text) == [("A.run", Where.THREAD, False), ("P.run", Where.PROCESS, False)]


@pytest.mark.parametrize(
    ("creation", "many"),
    [
        ("A().start()", False),
        ("A().start(); A().start()", True),
        ("for i in x: A().start()", True),
        ("[A() for i in x]", True),
        ("[t for t in [A()]]", False),
    ],
)
def test_a_thread_class_is_many_when_more_than_one_object_is_made(creation: str, many: bool) -> None:
    text = f"import threading\nclass A(threading.Thread):\n    def run(self): pass\n{creation}\n"
    assert [root.many for root in model_of(text).roots] == [many]


@pytest.mark.parametrize(
    ("code", "many"),
    [
        ("threading.Thread(target=work)", False),
        ("for i in x: threading.Thread(target=work)", True),
        ("while x: threading.Thread(target=work)", True),
        ("[threading.Thread(target=work) for i in x]", True),
        ("[i for i in threading.Thread(target=work)]", False),
        ("for i in threading.Thread(target=work): pass", False),
        ("for i in x: pass\nelse: threading.Thread(target=work)", False),
        ("ThreadPoolExecutor().map(work, x)", True),
        ("ThreadPoolExecutor(1).map(work, x)", False),
        ("ThreadPoolExecutor(max_workers=1).submit(work)", False),
    ],
)
def test_roots_that_run_many_times_at_once(code: str, many: bool) -> None:
    text = f"import threading\nfrom concurrent.futures import ThreadPoolExecutor\ndef work(a=0): pass\n{code}\n"
    assert [root.many for root in model_of(text).roots] == [many]


def test_one_worker_is_one_lane() -> None:
    model = model_of("""
        from concurrent.futures import ThreadPoolExecutor
        one = ThreadPoolExecutor(1)
        two = ThreadPoolExecutor(max_workers=1)
        many = ThreadPoolExecutor(4)
        def a(): pass
        one.submit(a)
        one.submit(a)
        two.submit(a)
        many.submit(a)
    """)
    first, second, third, fourth = [root.lane for root in model.roots]
    assert first == second
    assert first != third
    assert third
    assert not fourth


@pytest.mark.parametrize(
    ("call", "domains"),
    [
        ("Parallel(n_jobs=2)(delayed(f)(i) for i in range(3))", [Domain.PROCESS]),
        ("Parallel(4, prefer='threads')([delayed(f)(1)])", [Domain.THREAD]),
        ("Parallel(n_jobs=2, backend='threading')(delayed(f)(i) for i in range(3))", [Domain.THREAD]),
        ("Parallel(n_jobs=2, backend=chosen)(delayed(f)(i) for i in range(3))", []),
        ("Parallel(n_jobs=1)(delayed(f)(i) for i in range(3))", []),
        ("Parallel()(delayed(f)(i) for i in range(3))", []),
        ("tasks = [delayed(f)(i) for i in range(3)]", []),
    ],
)
def test_what_is_delayed_runs_where_its_taker_runs_it(call: str, domains: list[Domain]) -> None:
    model = model_of(f"""
        from joblib import Parallel, delayed
        def f(x): pass
        {call}
    """)
    assert [root.domain for root in model.roots] == domains


def test_processes_are_another_domain_than_threads() -> None:
    model = model_of("""
        import threading, multiprocessing
        from concurrent.futures import ProcessPoolExecutor
        def a(): pass
        threading.Thread(target=a)
        multiprocessing.Process(target=a)
        ProcessPoolExecutor().submit(a)
    """)
    assert [root.domain for root in model.roots] == [Domain.THREAD, Domain.PROCESS, Domain.PROCESS]


def import_time(text: str) -> dict[str, int | None]:
    """Return for each call `at_X()` how many calls lead to it from an import, None when none does."""
    model: ModuleModel = model_of(text)
    found: dict[str, int | None] = {}
    for scope in model.scopes:
        for call in scope.calls:
            name = model.label(call.func)
            if name.startswith("at_"):
                path = model.imports.path_to(call)
                found[name[3:]] = None if path is None else len(path)
    return found


@pytest.mark.parametrize(
    "guard",
    [
        'if __name__ == "__main__":',
        "if __name__ == '__main__':",
        'if "__main__" == __name__:',
        'if (__name__ == "__main__"):',
        'if __name__ == "__main__" and x:',
        'if x and __name__ == "__main__":',
        'if not __name__ != "__main__":',
        'if x: pass\nelif __name__ == "__main__":',
        'if __name__ != "__main__": pass\nelse:',
        'if multiprocessing.current_process().name == "MainProcess":',
        'if __name__ == ("__main__"):',
        'while __name__ == "__main__":',
    ],
)
def test_every_spelling_of_the_main_guard(guard: str) -> None:
    text = f"import multiprocessing\n{guard}\n    at_inside()\nat_outside()\n"
    assert import_time(text) == {"inside": None, "outside": 0}


@pytest.mark.parametrize(
    "guard",
    [
        'if __name__ != "__main__":',
        'if __name__ == "main":',
        'if name == "__main__":',
        'if __name__ == "__main__" or x:',
        'if not __name__ == "__main__":',
        "if multiprocessing.parent_process() is None:",
    ],
)
def test_what_is_no_main_guard(guard: str) -> None:
    text = f"import multiprocessing\n{guard}\n    at_inside()\n"
    assert import_time(text) == {"inside": 0}


def test_leaving_early_is_a_guard_too() -> None:
    assert import_time("""
        import sys
        at_first()
        if __name__ != "__main__":
            sys.exit()
        at_rest()
    """) == {"first": 0, "rest": None}


def test_calls_that_an_import_reaches() -> None:
    assert import_time("""
        def f():
            at_f()
            g()
        def g():
            at_g()
            if __name__ == "__main__":
                at_guarded()
        def unused():
            at_unused()
        def decorated(x=at_default()):
            pass
        async def co():
            at_coroutine()
        def gen():
            yield at_generator()
        f()
        co()
        gen()
        class C:
            at_class()
            def m(self):
                at_method()
        [at_comprehension() for i in "ab"]
        h = lambda: at_lambda()
        try:
            work()
        except OSError:
            at_handler()
        if __name__ == "__main__":
            unused()
    """) == {
        "default": 0,
        "class": 0,
        "comprehension": 0,
        "handler": 0,
        "f": 1,
        "g": 2,
        "guarded": None,
        "unused": None,
        "coroutine": None,
        "generator": None,
        "method": None,
        "lambda": None,
    }


def test_the_path_names_the_calls_outermost_first() -> None:
    model = model_of("""
        def f():
            g()
        def g():
            at_last()
        f()
    """)
    (call,) = calls_of(model, "at_last")
    path = model.imports.path_to(call)
    assert path is not None
    assert [model.code(step) for step in path] == ["f()", "g()"]
