"""Whether arguments fit the callable that they are handed over with."""

from __future__ import annotations

import textwrap

import hypothesis
import hypothesis.strategies as st
import pytest
from modelling import model_of

from conclint.model.signatures import misfits

IMPORTS = """
import asyncio, concurrent.futures, functools, multiprocessing, signal, threading
from functools import partial, lru_cache
from threading import Thread, Timer
from concurrent.futures import ThreadPoolExecutor
from elsewhere import Base, decorated, unknown
pool = ThreadPoolExecutor()
def none(): pass
def one(a): pass
def two(a, b): pass
def some(a, b=1, *, c=2): pass
def any_(*args, **kwargs): pass
"""

FITTING = """
Thread(target=none)
Thread(target=none, args=())
Thread(target=none, args=[])
Thread(target=none, args=None)
Thread(target=one, args=(1,))
Thread(target=one, args=[1])
Thread(target=one, kwargs={"a": 1})
Thread(target=one, kwargs=dict(a=1))
Thread(target=two, args=(1,), kwargs={"b": 1})
Thread(None, two, "name", (1, 2))
Thread(target=some, args=(1,), kwargs=dict(c=1))
Thread(target=any_, args=(1, 2), kwargs={"a": 1})
Thread(target=print, args=(1, 2, 3))
Thread(target=unknown, args=(1,))
Thread(target=two, args=unknown)
Thread(target=two, args=(1, *unknown))
Thread(target=two, args=(1,), kwargs=unknown)
Thread(target=two, args=(1,), kwargs={**unknown})
Thread(target=two, args=(1,), kwargs={unknown: 1})
Thread(target=two, args=(1,), kwargs=dict(unknown))
Thread(target=two, **unknown)
Thread(target=one or two, args=(1,))
Thread(target=none if unknown else None)
Timer(1, two, [1, 2])
Timer(1, two, args=(1,), kwargs={"b": 2})
pool.submit(two, 1, 2)
pool.submit(two, 1, b=2)
pool.submit(two, *unknown)
pool.submit(some, 1, c=3)
pool.map(one, [1, 2])
pool.map(two, [1, 2], [3, 4], timeout=1)
pool.submit(none).add_done_callback(one)
multiprocessing.Pool().apply_async(two, (1, 2))
multiprocessing.Pool().apply_async(two, (1,), {"b": 2})
multiprocessing.Pool().starmap(two, [(1, 2)])
multiprocessing.Pool(initializer=one, initargs=(1,))
signal.signal(signal.SIGTERM, two)
Thread(target=partial(two, 1), args=(2,))
Thread(target=partial(two, b=1), args=(2,))
Thread(target=partial(two, b=1), args=(2,), kwargs={"b": 2})
Thread(target=partial(two, *unknown))
Thread(target=lambda: 1)
Thread(target=lambda a, b=2: 1, args=(1,))
""".strip().splitlines()

UNFIT = {
    "Thread(target=one)": "without its argument 'a'",
    "Thread(target=none, args=(1,))": "with 1 argument by position, of which it takes none",
    "Thread(target=one, args=(1, 2))": "with 2 arguments by position, of which it takes 1",
    "Thread(target=one, args=(1,), kwargs={'a': 1})": "with two values for 'a'",
    "Thread(target=one, args=(1,), kwargs={'b': 1})": "with an argument 'b' that it does not have",
    "Thread(target=some, args=(1, 2, 3))": "with 3 arguments by position, of which it takes 2",
    "Thread(target=one if unknown else two)": "without its argument 'a'",
    "Timer(1, two, [1])": "without its argument 'b'",
    "Timer(1, none, 'args')": None,
    "pool.submit(two, 1)": "without its argument 'b'",
    "pool.submit(one, 1, timeout=2)": "with an argument 'timeout' that it does not have",
    "pool.map(two, [1, 2])": "without its argument 'b'",
    "pool.map(one, [1], [2])": "with 2 arguments by position, of which it takes 1",
    "pool.submit(none).add_done_callback(none)": "with 1 argument by position, of which it takes none",
    "multiprocessing.Pool().apply_async(two, (1,))": "without its argument 'b'",
    "multiprocessing.Pool().map(two, [1])": "without its argument 'b'",
    "multiprocessing.Pool(initializer=one)": "without its argument 'a'",
    "signal.signal(signal.SIGTERM, none)": "with 2 arguments by position, of which it takes none",
    "Thread(target=partial(one, 1), args=(2,))": "with 2 arguments by position, of which it takes 1",
    "Thread(target=partial(two, a=1), args=(2,))": "with two values for 'a'",
    "Thread(target=lambda a: 1)": "without its argument 'a'",
    "asyncio.to_thread(two, 1)": "without its argument 'b'",
    "asyncio.get_running_loop().run_in_executor(None, one)": "without its argument 'a'",
    "asyncio.get_running_loop().call_soon(one, 1, 2, context=None)": "with 2 arguments by position, of which it takes 1",
}


def problems(text: str) -> list[str]:
    return [found.problem for found in misfits(model_of(IMPORTS + textwrap.dedent(text)))]


@pytest.mark.parametrize("call", FITTING)
def test_what_may_fit(call: str) -> None:
    assert problems(call) == []


@pytest.mark.parametrize("call", UNFIT)
def test_what_does_not_fit(call: str) -> None:
    assert problems(call) == ([UNFIT[call]] if UNFIT[call] else [])


def test_methods_get_their_object() -> None:
    assert problems("""
        class A:
            def plain(self, x): return 1
            @classmethod
            def of_class(cls, x): return 1
            @staticmethod
            def static(x): return 1
            def none(): return 1
            def __call__(self, x): return 1
            def f(self):
                Thread(target=self.plain, args=(1,))
                Thread(target=self.of_class, args=(1,))
                Thread(target=A.of_class, args=(1,))
                Thread(target=self.static, args=(1,))
                Thread(target=A.plain, args=(self, 1))
                Thread(target=self, args=(1,))
                Thread(target=self.plain, args=(self, 1))
                Thread(target=A.plain, args=(1,))
                Thread(target=self.static)
                Thread(target=self.none)
                Thread(target=A())
    """) == [
        "with 2 arguments by position, of which it takes 1",
        "without its argument 'x'",
        "without its argument 'x'",
        "with its object as first argument, and it takes none",
        "without its argument 'x'",
    ]


def test_classes_are_made() -> None:
    assert problems("""
        class A:
            def __init__(self, x): pass
        class B(A): pass
        class C(Base):
            def __init__(self, x): pass
        class D(A):
            def __new__(cls): return object()
        @decorated
        class E(A): pass
        Thread(target=A, args=(1,))
        Thread(target=C)
        Thread(target=D)
        Thread(target=E)
        Thread(target=A)
        Thread(target=B, args=(1, 2))
    """) == ["without its argument 'x'", "with 2 arguments by position, of which it takes 1"]


def test_a_run_of_its_own_takes_nothing() -> None:
    assert problems("""
        class A(Thread):
            def run(self, x): pass
        class B(multiprocessing.Process):
            def run(self, x=1, *args): pass
        class C(Base):
            def run(self, x): pass
        class D(Thread):
            def run(): pass
    """) == ["without its argument 'x'", "with its object as first argument, and it takes none"]


def test_what_a_decorator_or_a_subclass_replaces_is_unknown() -> None:
    assert problems("""
        @decorated
        def wrapped(a): pass
        @lru_cache(maxsize=None)
        def cached(a): pass
        class A:
            def stub(self): raise NotImplementedError
            def replaced(self): return 1
            def f(self):
                Thread(target=self.stub, args=(1,))
                Thread(target=self.replaced, args=(1,))
                Thread(target=wrapped)
                Thread(target=cached)
        class B(A):
            def replaced(self, x): return 2
    """) == ["without its argument 'a'"]


def test_what_a_library_adds_and_keeps_is_counted() -> None:
    assert problems("""
        from distributed import Client
        from kafka import KafkaProducer
        def profile(dask_worker, filename): pass
        Client().run(profile, filename="out", workers=["one"])
        sent = KafkaProducer().send("news", b"x")
        sent.add_callback(one)
        sent.add_callback(two, "news")
        sent.add_errback(none)
    """) == ["with 1 argument by position, of which it takes none"]


def test_what_a_task_group_passes_is_counted() -> None:
    assert problems("""
        import anyio
        async def ready(task_status): pass
        async def deaf(): pass
        async def main():
            async with anyio.create_task_group() as group:
                await group.start(ready)
                await group.start(deaf)
    """) == ["with an argument 'task_status' that it does not have"]


_PARAMETERS = st.lists(
    st.sampled_from(["a", "b", "c=1", "d=1", "/", "*", "*args", "**kwargs", "e", "f=1"]), max_size=6, unique=True
)


def _function(parameters: list[str]) -> object:
    try:
        scope: dict[str, object] = {}
        exec(f"def f({', '.join(parameters)}): pass", scope)
    except SyntaxError:
        return None
    return scope["f"]


@hypothesis.given(
    _PARAMETERS,
    st.integers(0, 4),
    st.lists(st.sampled_from("abcdefg"), max_size=3, unique=True),
)
@hypothesis.settings(deadline=None)
def test_it_binds_as_a_call_does(parameters: list[str], count: int, names: list[str]) -> None:
    function = _function(parameters)
    hypothesis.assume(function is not None)
    positional, keywords = range(count), dict.fromkeys(names, 0)
    try:
        function(*positional, **keywords)  # type: ignore[operator]
    except TypeError:
        fits = False
    else:
        fits = True
    given = f"args={tuple(positional)}, kwargs={keywords}"
    assert fits is not bool(problems(f"def f({', '.join(parameters)}): pass\nThread(target=f, {given})"))
