"""What an expression may be: attributes, containers, loops, annotations, factories, subclasses."""

from __future__ import annotations

import textwrap

import hypothesis
import hypothesis.strategies as st
import pytest
from modelling import assert_values, calls_of, model_of

IMPORTS = """
import attr, attrs, collections, contextlib, dataclasses, functools, multiprocessing, queue, random, threading, typing
from threading import Lock, RLock, Thread, Event
from typing import Optional, Union
from dataclasses import dataclass, field
from concurrent.futures import ThreadPoolExecutor
from elsewhere import decorated, unknown
"""

VALUES = {
    "literals": """
        show(1)  # is: 1
        show("a")  # is: 'a'
        show(True)  # is: True
        show(None)  # is: None
        show(f"{x}")  # is: ?
        show(1 + 2)  # is: ?
    """,
    "created": """
        show(threading.Lock())  # is: threading.Lock()
        show(Thread(target=f))  # is: threading.Thread()
    """,
    "an attribute from __init__": """
        class C:
            def __init__(self):
                self.lock = Lock()
            def f(self):
                show(self.lock)  # is: threading.Lock()
        show(C().lock)  # is: threading.Lock()
        c = C()
        def g():
            show(c.lock)  # is: threading.Lock()
    """,
    "an attribute from any method": """
        class C:
            def __init__(self):
                self.thread = None
            def start(self):
                self.thread = Thread()
            def f(self):
                show(self.thread)  # is: None | threading.Thread()
    """,
    "an attribute of the class": """
        class C:
            lock = Lock()
            def f(self):
                show(self.lock)  # is: threading.Lock()
            @classmethod
            def g(cls):
                show(cls.lock)  # is: threading.Lock()
        show(C.lock)  # is: threading.Lock()
    """,
    "an inherited attribute": """
        class A:
            def __init__(self):
                self.lock = RLock()
        class B(A):
            def f(self):
                show(self.lock)  # is: threading.RLock()
    """,
    "an attribute that a base and a subclass set": """
        class A:
            def __init__(self):
                self.lock = None
        class B(A):
            def open(self):
                self.lock = Lock()
            def f(self):
                show(self.lock)  # is: None | threading.Lock()
    """,
    "a declared attribute that is set": """
        class C:
            lock: Lock
            def __init__(self):
                self.lock = RLock()
            def f(self):
                show(self.lock)  # is: threading.RLock()
    """,
    "what a subclass puts in the place of a method": """
        class A:
            def make(self):
                return Lock()
        class B(A):
            make = Event
        show(B().make)  # is: threading.Event
    """,
    "the order of bases": """
        class A:
            def which(self): return Lock()
        class B(A):
            pass
        class C(A):
            def which(self): return Event()
        class D(B, C):
            pass
        show(D().which())  # is: threading.Event()
        class E(Thread, C):
            def join(self): pass
        show(E().join)  # is: def E.join
        class F(C, Thread):
            pass
        show(F().start)  # is: F(threading.Thread).start
        class G(Thread, A):
            pass
        class H(A):
            def start(self): pass
        class I(Thread, H):
            pass
        show(I().start)  # is: I(threading.Thread).start
    """,
    "bases that have no order": """
        class A: pass
        class B(A): pass
        class C(A, B):
            lock = Lock()
        show(C().lock)  # is: threading.Lock()
        class D(D): pass
        show(D().x)  # is: ?
    """,
    "super": """
        class A:
            lock = RLock()
            def make(self): return Event()
            @classmethod
            def build(cls): return Lock()
        class B(A):
            lock = Lock()
            def make(self):
                show(super())  # is: super of B behind B
                show(super().make)  # is: def A.make
                show(super(B, self).make())  # is: threading.Event()
                show(super().lock)  # is: threading.RLock()
                show(super().other)  # is: ?
                show([super().make() for _ in x])  # is: [threading.Event()]
            @classmethod
            def build(cls):
                show(super().build())  # is: threading.Lock()
        show(super())  # is: ?
    """,
    "super in the midst of several bases": """
        class A:
            def make(self): return Lock()
        class B(A):
            def make(self):
                show(super().make)  # is: def A.make
        class Worker(Thread):
            def __init__(self):
                show(super().__init__)  # is: threading.Thread.__init__
                show(super().start)  # is: Worker(threading.Thread).start
        class C(Unknown, A):
            def make(self):
                show(super().make)  # is: ?
        class Named(A):
            def make(self):
                show(super(B, self).make)  # is: ?
    """,
    "the receiver goes by any name": """
        class C:
            def __init__(this):
                this.lock = Lock()
            def f(me):
                show(me.lock)  # is: threading.Lock()
            @staticmethod
            def g(self):
                show(self)  # is: ?
    """,
    "the class of an object": """
        class C:
            name = 1
            def f(self, x):
                show(type(self))  # is: class C
                show(self.__class__.name)  # is: 1
                show(type(x))  # is: ?
                show(C().__class__)  # is: class C
    """,
    "an unknown attribute": """
        class C:
            def f(self):
                show(self.other)  # is: ?
    """,
    "a method": """
        class C:
            def f(self):
                show(self.f)  # is: def C.f
        show(C.f)  # is: def C.f
        show(C().f)  # is: def C.f
    """,
    "a property": """
        class C:
            @property
            def lock(self):
                return Lock()
            @functools.cached_property
            def event(self) -> Event:
                return Event()
            def f(self):
                show(self.lock)  # is: threading.Lock()
                show(self.event)  # is: threading.Event()
    """,
    "a dataclass's field": """
        @dataclass
        class C:
            lock: Lock = field(default_factory=threading.RLock)
            cond: threading.Condition = dataclasses.field(default_factory=lambda: threading.Condition())
            def f(self):
                show(self.lock)  # is: threading.RLock()
                show(self.cond)  # is: threading.Condition()
    """,
    "a declared attribute": """
        class C:
            event: Event
            maybe: Optional[Thread]
            def f(self):
                show(self.event)  # is: threading.Event()
                show(self.maybe)  # is: threading.Thread() | None
    """,
    "annotations of parameters": """
        def f(a: Lock, b: "Event", c: Optional[Thread], d: "queue.Queue | None", e: Union[Lock, None], g: Lock = None):
            show(a)  # is: threading.Lock() | ?
            show(b)  # is: threading.Event() | ?
            show(c)  # is: threading.Thread() | None | ?
            show(d)  # is: queue.Queue() | None | ?
            show(e)  # is: threading.Lock() | None | ?
            show(g)  # is: threading.Lock() | None | ?
    """,
    "an annotation with |": """
        def f(a: Thread | None):
            show(a)  # is: threading.Thread() | None | ?
    """,
    "Annotated and Final": """
        a: typing.Final[Event] = make()
        show(a)  # is: threading.Event() | ?
    """,
    "an annotation of a class here": """
        class C:
            def __init__(self):
                self.lock = Lock()
        def f(c: C, d: "C"):
            show(c.lock)  # is: threading.Lock() | ?
            show(d.lock)  # is: threading.Lock() | ?
    """,
    "an annotated variable with a value": """
        lock: object = Lock()
        show(lock)  # is: threading.Lock()
    """,
    "unpacking": """
        a, (b, c) = Lock(), (Event(), RLock())
        show(a)  # is: threading.Lock()
        show(b)  # is: threading.Event()
        show(c)  # is: threading.RLock()
        d, *e = Lock(), Event(), Event()
        show(d)  # is: threading.Lock()
    """,
    "a swap": """
        def f():
            a, b = Lock(), Event()
            a, b = b, a
            show(a)  # is: threading.Event()
    """,
    "elements": """
        pair = (Lock(), Event())
        show(pair[0])  # is: threading.Lock()
        show(pair[1])  # is: threading.Event()
        show(pair[i])  # is: threading.Lock() | threading.Event()
        threads = [Thread(), Thread()]
        show(threads[0])  # is: threading.Thread() | threading.Thread()
        show(threads[1:])  # is: [threading.Thread(), threading.Thread()]
        by_name = {"a": Lock(), **others}
        show(by_name["a"])  # is: threading.Lock() | ?
    """,
    "appended": """
        threads = []
        for i in range(3):
            threads.append(Thread())
        for t in threads:
            show(t)  # is: threading.Thread()
    """,
    "appended to an attribute": """
        class C:
            def __init__(self):
                self.threads = []
            def start(self):
                self.threads.append(Thread())
            def stop(self):
                for t in self.threads:
                    show(t)  # is: threading.Thread()
    """,
    "stored in a dict": """
        locks = {}
        def f(k):
            locks[k] = Lock()
        def g():
            for k, lock in locks.items():
                show(lock)  # is: threading.Lock()
            for lock in locks.values():
                show(lock)  # is: threading.Lock()
    """,
    "a comprehension": """
        threads = [Thread() for _ in range(3)]
        for t in threads:
            show(t)  # is: threading.Thread()
        [show(t) for t in threads]  # is: threading.Thread()
        by_name = {i: Lock() for i in range(3)}
        show(by_name[0])  # is: threading.Lock()
    """,
    "enumerate and zip": """
        threads = [Thread()]
        events = (Event(),)
        for i, t in enumerate(threads):
            show(t)  # is: threading.Thread()
        for t, e in zip(threads, events):
            show(e)  # is: threading.Event()
        for i, (t, e) in enumerate(zip(threads, events)):
            pass
    """,
    "list, reversed and the like": """
        threads = [Thread()]
        for t in list(threads):
            show(t)  # is: threading.Thread()
        for t in reversed(threads):
            show(t)  # is: threading.Thread()
        for t in threads[:]:
            show(t)  # is: threading.Thread()
    """,
    "one of two": """
        show(Lock() if x else None)  # is: threading.Lock() | None
        show(given or Lock())  # is: builtins.given | threading.Lock()
        def f(lock=None):
            show(lock)  # is: None | ?
            lock = lock or Lock()
            show(lock)  # is: None | ? | threading.Lock()
    """,
    "a factory": """
        def make():
            return Lock()
        show(make())  # is: threading.Lock()
        def make_two():
            lock = Lock()
            event = Event()
            return lock, event
        a, b = make_two()
        show(b)  # is: threading.Event()
        def annotated() -> Event:
            return something()
        show(annotated())  # is: threading.Event() | ?
        def nothing():
            pass
        show(nothing())  # is: None
    """,
    "a factory in another function": """
        class C:
            def _make(self):
                return Thread()
            def f(self):
                t = self._make()
                show(t)  # is: threading.Thread()
    """,
    "generators and coroutines are no factories": """
        def gen():
            yield
            return Lock()
        async def co():
            return Lock()
        show(gen())  # is: ?
        show(co())  # is: ?
    """,
    "a subclass": """
        class Worker(Thread):
            def __init__(self):
                super().__init__()
                self.done = Event()
        class Special(Worker):
            pass
        show(Worker())  # is: Worker(threading.Thread)
        show(Special())  # is: Special(threading.Thread)
        show(Special().done)  # is: threading.Event()
        show(Special().join)  # is: Special(threading.Thread).join
    """,
    "partial": """
        def work(a): pass
        show(functools.partial(work, 1))  # is: partial of def work
        make = functools.partial(Thread, daemon=True)
        show(make())  # is: threading.Thread()
    """,
    "a lambda": """
        show(lambda: 1)  # is: def <lambda>
    """,
    "with as": """
        with ThreadPoolExecutor() as pool:
            show(pool)  # is: concurrent.futures.ThreadPoolExecutor()
            show(pool.submit(f))  # is: concurrent.futures.Future()
        class C:
            def __enter__(self):
                return Lock()
        with C() as c:
            show(c)  # is: threading.Lock()
        with open("f") as g:
            show(g)  # is: ?
    """,
    "a process context": """
        ctx = multiprocessing.get_context("spawn")
        show(ctx.Process())  # is: multiprocessing.Process()
        show(ctx.Lock())  # is: multiprocessing.Lock()
    """,
    "a pair of connections": """
        a, b = multiprocessing.Pipe()
        show(a)  # is: multiprocessing.connection.Connection()
    """,
    "cast": """
        show(typing.cast(Lock, Event()))  # is: threading.Event()
    """,
    "await and walrus": """
        if (t := Thread()):
            show(t)  # is: threading.Thread()
        show(x := Lock())  # is: threading.Lock()
    """,
    "a property that can be set": """
        class C:
            @property
            def lock(self):
                return self._lock
            @lock.setter
            def lock(self, value):
                self._lock = value
            def f(self):
                self._lock = Lock()
                show(self.lock)  # is: threading.Lock() | ?
    """,
    "attrs": """
        @attr.s
        class A:
            a = attr.ib(factory=Lock)
            b = attr.ib(default=attr.Factory(Lock))
            c = attr.ib(default=Lock())
            d: Event = attrs.field()
            e: Event = attr.ib()
            def f(self):
                show(self.a)  # is: threading.Lock()
                show(self.b)  # is: threading.Lock()
                show(self.c)  # is: threading.Lock()
                show(self.d)  # is: threading.Event() | ?
                show(self.e)  # is: threading.Event() | ?
    """,
    "a field with a default": """
        @dataclass
        class C:
            a: object = field(default=Lock())
            b: Lock = field(init=False)
            c: "Lock" = field(default_factory=lambda: RLock())
            d: list[Thread] = field(default_factory=list)
            def f(self):
                show(self.a)  # is: threading.Lock()
                show(self.b)  # is: threading.Lock() | ?
                show(self.c)  # is: threading.RLock()
                show(self.d[0])  # is: threading.Thread()
                self.d.append(Thread())
    """,
    "slots": """
        class C:
            __slots__ = ("lock",)
            def __init__(self):
                self.lock = Lock()
        show(C().lock)  # is: threading.Lock()
    """,
    "made with dict, list and deque": """
        locks = dict()
        threads = list()
        waiting = collections.deque()
        def f(k):
            locks[k] = Lock()
            threads.append(Thread())
            waiting.appendleft(Event())
        def g(k):
            show(locks[k])  # is: threading.Lock()
            show(threads[0])  # is: threading.Thread()
            show(waiting.popleft())  # is: threading.Event()
            for t in threads:
                show(t)  # is: threading.Thread()
    """,
    "a table with a default": """
        locks = collections.defaultdict(Lock)
        more = collections.defaultdict(lambda: Event())
        lists = collections.defaultdict(list)
        def f(k):
            show(locks[k])  # is: threading.Lock()
            show(more[k])  # is: threading.Event()
            show(locks.get(k))  # is: threading.Lock() | None
            for lock in locks.values():
                show(lock)  # is: threading.Lock()
        class C:
            def __init__(self):
                self.locks = collections.defaultdict(threading.RLock)
            def f(self, k):
                with self.locks[k]:
                    show(self.locks[k])  # is: threading.RLock()
    """,
    "setdefault": """
        locks = {}
        def f(k):
            lock = locks.setdefault(k, Lock())
            show(lock)  # is: threading.Lock()
            show(locks[k])  # is: threading.Lock()
    """,
    "what a table hands out": """
        locks = {}
        def f(k):
            locks[k] = Lock()
            show(locks.get(k))  # is: threading.Lock() | None
            show(locks.pop(k))  # is: threading.Lock()
            show(locks.get(k, None))  # is: threading.Lock() | None
    """,
    "other ways to fill": """
        threads = []
        threads.extend([Thread()])
        show(threads[0])  # is: threading.Thread()
        more = []
        more += [Event()]
        more.insert(0, Event())
        show(more[0])  # is: threading.Event() | threading.Event()
        known = set()
        known.add(Lock())
        for lock in known:
            show(lock)  # is: threading.Lock()
    """,
    "containers in annotations": """
        locks: dict[str, Lock] = {}
        threads: typing.List[Thread] = make()
        def f(a: list[Thread], b: typing.Dict[str, "Lock"], c: "list[Event]", d: tuple[Lock, Event], e: tuple[Lock, ...]):
            show(a[0])  # is: threading.Thread() | ?
            for lock in b.values():
                show(lock)  # is: threading.Lock() | ?
            show(c[0])  # is: threading.Event() | ?
            show(d[1])  # is: threading.Event() | ?
            show(e[1])  # is: threading.Lock() | ?
        show(locks["a"])  # is: threading.Lock()
        show(threads[0])  # is: threading.Thread() | ?
    """,
    "unions and strings in annotations": """
        def f(a: Union[Lock, None], b: "Lock | None", c: "Optional[Event]", d: "threading.Event", e: Union[Lock, Event]):
            show(a)  # is: threading.Lock() | None | ?
            show(b)  # is: threading.Lock() | None | ?
            show(c)  # is: threading.Event() | None | ?
            show(d)  # is: threading.Event() | ?
            show(e)  # is: threading.Lock() | threading.Event() | ?
    """,
    "a generator that is a context manager": """
        @contextlib.contextmanager
        def held():
            lock = Lock()
            with lock:
                yield lock
        with held() as lock:
            show(lock)  # is: threading.Lock()
        @decorated
        def other():
            yield Lock()
        with other() as lock:
            show(lock)  # is: ?
    """,
    "a context manager of contextlib": """
        with contextlib.closing(Thread()) as t:
            show(t)  # is: threading.Thread()
        with contextlib.nullcontext(Lock()) as lock:
            show(lock)  # is: threading.Lock()
        with contextlib.ExitStack() as stack:
            pool = stack.enter_context(ThreadPoolExecutor())
            show(pool)  # is: concurrent.futures.ThreadPoolExecutor()
    """,
    "a decorated function": """
        @decorated
        def make():
            return Lock()
        show(make())  # is: threading.Lock() | ?
        @functools.lru_cache(maxsize=None)
        def cached():
            return Lock()
        show(cached())  # is: threading.Lock()
        class C:
            @staticmethod
            def make():
                return Event()
            @classmethod
            def build(cls):
                return cls()
            @functools.lru_cache
            def cached(self):
                return Lock()
        show(C.make())  # is: threading.Event()
        show(C().cached())  # is: threading.Lock()
        show(C.build())  # is: C()
    """,
    "getattr": """
        class C:
            def __init__(self):
                self.lock = Lock()
        show(getattr(C(), "lock"))  # is: threading.Lock()
        show(getattr(C(), "lock", None))  # is: threading.Lock() | None
        show(getattr(C(), name))  # is: ?
        show(getattr(threading, "Lock")())  # is: threading.Lock()
    """,
    "partial methods and classes": """
        make = functools.partial(Event)
        show(make())  # is: threading.Event()
        class C:
            start = functools.partialmethod(Thread, daemon=True)
            make = functools.partial(Lock)
            def f(self):
                show(self.make())  # is: threading.Lock()
    """,
    "an alias that speaks of itself": """
        Tree = Union[Lock, "list[Tree]"]
        Nested = dict[str, "Nested | None"]
        def f(a: Tree, b: Nested):
            show(a)  # is: threading.Lock() | [?] | ?
            show(b)  # is: [?/None] | ?
    """,
    "a new type for an annotation": """
        Lockable = Union[Lock, RLock]
        Worker = Thread
        def f(a: Lockable, b: Worker):
            show(a)  # is: threading.Lock() | threading.RLock() | ?
            show(b)  # is: threading.Thread() | ?
    """,
    "chosen": """
        threads = [Thread()]
        show(next(iter(threads)))  # is: threading.Thread()
        show(next(t for t in threads))  # is: threading.Thread()
        show(next((t for t in threads), None))  # is: threading.Thread() | None
        show(random.choice(threads))  # is: threading.Thread()
        show(min(threads))  # is: threading.Thread()
        for t in filter(None, threads):
            show(t)  # is: threading.Thread()
        for t in threads + [Thread()]:
            show(t)  # is: threading.Thread() | threading.Thread()
    """,
    "a field of a tuple": """
        class Pair(typing.NamedTuple):
            lock: Lock
            event: "Event"
        def f(p: Pair):
            show(p.lock)  # is: threading.Lock() | ?
            show(p.event)  # is: threading.Event() | ?
    """,
    "not None": """
        class C:
            def __init__(self):
                self.thread = None
            def start(self):
                self.thread = Thread()
            def f(self):
                show(self.thread)  # is: None | threading.Thread()
                if self.thread is not None:
                    show(self.thread)  # is: threading.Thread()
                    show(self.thread.join)  # is: threading.Thread().join
                else:
                    show(self.thread)  # is: None
                if self.thread:
                    show(self.thread)  # is: threading.Thread()
                if not self.thread:
                    return
                show(self.thread)  # is: threading.Thread()
            def g(self):
                if self.thread is None:
                    self.start()
                show(self.thread)  # is: None | threading.Thread()
                if self.thread is None:
                    return
                show(self.thread)  # is: threading.Thread()
            def h(self):
                if self.thread is not None and show(self.thread):  # is: threading.Thread()
                    self.thread = None
                    show(self.thread)  # is: None | threading.Thread()
                assert self.thread is not None
                show(self.thread)  # is: threading.Thread()
            def i(self):
                while self.thread is not None:
                    show(self.thread)  # is: threading.Thread()
                return show(self.thread) if self.thread else None  # is: threading.Thread()
            def j(self):
                if self.thread is None or show(self.thread):  # is: threading.Thread()
                    raise ValueError
                show(self.thread)  # is: threading.Thread()
    """,
    "not None, of a local": """
        def f(x: Optional[Thread] = None):
            if x is not None:
                show(x)  # is: threading.Thread() | ?
            if x is None:
                show(x)  # is: None
                x = Thread()
            show(x)  # is: threading.Thread() | threading.Thread() | ?
        def g():
            x = None
            for y in z:
                if x is not None:
                    show(x)  # is: threading.Event()
                x = Event()
            if x is None or x.is_set():
                return
            show(x)  # is: threading.Event()
        def h(t: Thread | None):
            def inner():
                show(t)  # is: threading.Thread() | None | ?
            if t is None:
                return
            inner()
            lambda: show(t)  # is: threading.Thread() | None | ?
    """,
    "isinstance": """
        def f(x, y: object, z=None):
            if isinstance(x, Thread):
                show(x)  # is: threading.Thread()
            elif isinstance(x, (Lock, Event)):
                show(x)  # is: threading.Lock() | threading.Event()
            else:
                show(x)  # is: ?
            if not isinstance(y, C):
                raise TypeError
            show(y)  # is: C()
            assert isinstance(z, Thread)
            show(z)  # is: threading.Thread()
            if isinstance(x, unknown):
                show(x)  # is: ?
        class C: pass
        def g(x: Union[Thread, Event]):
            if isinstance(x, Thread):
                show(x)  # is: threading.Thread()
        def h(x):
            if isinstance(x, Thread) and x.is_alive():
                show(x)  # is: threading.Thread()
    """,
    "set from outside": """
        class C:
            pass
        def make():
            c = C()
            c.lock = Lock()
            return c
        show(make().lock)  # is: threading.Lock()
    """,
    "an unknown call": """
        show(make_lock())  # is: ?
        show(x.y().z)  # is: ?
    """,
}


@pytest.mark.parametrize("name", VALUES)
def test_values(name: str) -> None:
    assert_values(IMPORTS + textwrap.dedent(VALUES[name]))


def test_sites_are_the_calls_that_make_primitives_in_source_order() -> None:
    model = model_of("""
        import threading, queue
        a = threading.Lock()
        class Worker(threading.Thread):
            pass
        def f():
            return [threading.Thread() for _ in "ab"], Worker()
        open("x")
        q = queue.Queue()
    """)
    assert [(site.type_name, site.cls.name if site.cls else "") for site in model.sites] == [
        ("threading.Lock", ""),
        ("queue.Queue", ""),
        ("threading.Thread", "Worker"),
        ("threading.Thread", ""),
    ]


def test_one_call_is_one_site_however_often_it_is_asked_for() -> None:
    model = model_of("""
        import threading
        lock = threading.Lock()
        def f(): lock.acquire()
        def g(): lock.release()
    """)
    (site,) = model.sites
    for call in calls_of(model, "lock.acquire") + calls_of(model, "lock.release"):
        (value,) = model.values(call.func.value)  # type: ignore[attr-defined]
        assert value.site is site  # type: ignore[union-attr]


_NAMES = st.sampled_from("abcd")
_EXPRESSIONS = st.recursive(
    _NAMES | st.sampled_from(["(1)", "None", "threading.Lock()", "self.x"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("({0[0]}, {0[1]})".format),
        st.tuples(inner, inner).map("({0[0]} or {0[1]})".format),
        st.tuples(inner, inner).map("({0[0]}[{0[1]}])".format),
        inner.map("[{} for a in b]".format),
        inner.map("{}()".format),
        inner.map("{}.x".format),
        inner.map("(lambda: {})".format),
    ),
    max_leaves=6,
)
_LINES = st.one_of(
    st.tuples(_NAMES, _EXPRESSIONS).map("{0[0]} = {0[1]}".format),
    st.tuples(_NAMES, _NAMES, _EXPRESSIONS).map("{0[0]}, {0[1]} = {0[2]}".format),
    st.tuples(_NAMES, _EXPRESSIONS).map("for {0[0]} in {0[1]}: pass".format),
    st.tuples(_NAMES, _EXPRESSIONS).map("def {0[0]}(b=a): return {0[1]}".format),
    st.tuples(_NAMES, _NAMES, _EXPRESSIONS).map("class {0[0]}({0[1]}): x = {0[2]}".format),
    st.tuples(_NAMES, _NAMES).map("{0[0]}.append({0[1]})".format),
    st.tuples(_NAMES, _NAMES).map("{0[0]}.x = {0[1]}".format),
)


@hypothesis.given(st.lists(_LINES, max_size=10), st.randoms(use_true_random=False))
@hypothesis.settings(deadline=None)
def test_every_expression_has_a_value_whatever_refers_to_whatever(lines: list[str], order: object) -> None:
    """Cycles end, no expression is without a value, and asking again gives the same answer."""
    model = model_of("import threading\n" + "\n".join(lines))
    nodes = [node for scope in model.scopes for node in (*scope.names, *scope.calls, *scope.attributes)]
    order.shuffle(nodes)  # type: ignore[attr-defined]
    answers = [model.values(node) for node in nodes]
    assert all(answers)
    assert answers == [model.values(node) for node in nodes]
