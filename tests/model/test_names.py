"""What a name stands for: imports, aliases, shadowing, scopes."""

from __future__ import annotations

import pytest
from modelling import assert_values, model_of

NAMES = {
    "import": """
        import threading
        show(threading.Lock)  # is: threading.Lock
    """,
    "import as": """
        import threading as t
        show(t.Lock)  # is: threading.Lock
        show(threading)  # is: builtins.threading
    """,
    "import of a submodule": """
        import concurrent.futures
        show(concurrent.futures.ThreadPoolExecutor)  # is: concurrent.futures.ThreadPoolExecutor
    """,
    "import a.b as c": """
        import concurrent.futures as cf
        show(cf.ThreadPoolExecutor)  # is: concurrent.futures.ThreadPoolExecutor
    """,
    "from": """
        from threading import Lock, RLock as R
        show(Lock)  # is: threading.Lock
        show(R)  # is: threading.RLock
    """,
    "from a package": """
        from concurrent import futures
        show(futures.ProcessPoolExecutor)  # is: concurrent.futures.ProcessPoolExecutor
    """,
    "names that the library gives twice": """
        import multiprocessing.context
        from concurrent.futures.thread import ThreadPoolExecutor
        show(ThreadPoolExecutor)  # is: concurrent.futures.ThreadPoolExecutor
    """,
    "an assigned alias": """
        import threading
        Mutex = threading.Lock
        show(Mutex)  # is: threading.Lock
        show(Mutex())  # is: threading.Lock()
    """,
    "star import of a known module": """
        from threading import *
        show(Lock)  # is: threading.Lock
        show(Lock())  # is: threading.Lock()
        show(something_else)  # is: ?
    """,
    "star import of an unknown module": """
        from helpers import *
        show(Lock)  # is: ?
        show(print)  # is: ?
    """,
    "a relative import may be anything": """
        from .threading import Lock
        from . import threading
        show(Lock)  # is: ?
        show(threading)  # is: ?
    """,
    "TYPE_CHECKING": """
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from threading import Lock
        def f(x: "Lock"):
            show(x)  # is: threading.Lock() | ?
    """,
    "one of two imports": """
        try:
            from threading import Lock
        except ImportError:
            from dummy_threading import Lock
        show(Lock)  # is: threading.Lock | dummy_threading.Lock
    """,
    "an import that may fail": """
        try:
            import threading
        except ImportError:
            threading = None
        def f():
            show(threading)  # is: threading | None
    """,
    "an import in a function": """
        def f():
            import threading
            show(threading.Lock)  # is: threading.Lock
        show(threading.Lock)  # is: builtins.threading.Lock
    """,
    "a global import inside a function": """
        def setup():
            global threading
            import threading
        threading = None
        def f():
            show(threading)  # is: threading | None
    """,
    "shadowed by a definition": """
        from threading import Lock
        class Lock:
            pass
        show(Lock)  # is: class Lock
        show(Lock())  # is: Lock()
    """,
    "shadowed by a parameter": """
        from threading import Lock
        def f(Lock):
            show(Lock)  # is: ?
    """,
    "shadowed by a local": """
        import threading
        def f():
            threading = 1
            show(threading)  # is: 1
        show(threading)  # is: threading
    """,
    "a local of another function shadows nothing": """
        import threading
        def g():
            threading = 1
        def f():
            show(threading)  # is: threading
    """,
    "the last binding before the use": """
        import threading
        def f():
            x = threading.Lock
            show(x)  # is: threading.Lock
            x = threading.RLock
            show(x)  # is: threading.RLock
    """,
    "bindings of both branches": """
        import threading
        def f(c):
            if c:
                x = threading.Lock()
            else:
                x = None
            show(x)  # is: threading.Lock() | None
    """,
    "a loop brings back later bindings": """
        def f(c):
            x = 1
            while c:
                show(x)  # is: 1 | 2
                x = 2
    """,
    "a class's names are not seen from its methods": """
        x = 1
        class C:
            x = 2
            show(x)  # is: 2
            def f(self):
                show(x)  # is: 1
                show(self.x)  # is: 2
            y = [show(x) for _ in "a"]  # is: 1
    """,
    "the first iterable of a comprehension": """
        def f():
            x = (1, 2)
            [show(x) for x in x]  # is: 1 | 2
            [0 for x in show(x)]  # is: (1, 2)
    """,
    "global": """
        x = 1
        def f():
            global x
            x = 2
        def g():
            show(x)  # is: 1 | 2
    """,
    "nonlocal": """
        def outer():
            x = 1
            def set():
                nonlocal x
                x = 2
            def get():
                show(x)  # is: 1 | 2
    """,
    "a walrus in a comprehension": """
        def f(items):
            [last := "a" for i in items]
            show(last)  # is: 'a'
    """,
    "a comprehension's own variable": """
        i = 1
        x = [i for i in (2, 3)]
        show(i)  # is: 1
    """,
    "a deleted name": """
        x = 1
        del x
        x = 2
        show(x)  # is: 2
    """,
    "builtins": """
        show(print)  # is: builtins.print
    """,
    "an exception and an augmented name may be anything": """
        try:
            pass
        except ValueError as e:
            show(e)  # is: ?
        n = 1
        n += 1
        show(n)  # is: ?
    """,
    "match": """
        match command:
            case [x]:
                show(x)  # is: ?
    """,
}


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str) -> None:
    assert_values(NAMES[name])


def test_a_cycle_of_aliases_ends() -> None:
    assert_values("""
        a = b
        b = a
        def f():
            show(a)  # is: ?
    """)


def test_symbol_answers_for_one_certain_name_only() -> None:
    model = model_of("""
        import threading
        if x:
            from threading import Lock as maybe
        else:
            maybe = None
        threading.Lock
        def f():
            maybe
    """)
    (attribute,) = model.tree.root.attributes
    assert model.symbol(attribute) == "threading.Lock"
    (name,) = [n for s in model.scopes for n in s.names if n.value == "maybe" and s is not model.tree.root]
    assert model.symbol(name) is None


def test_a_lock_of_threads_or_of_a_loop_is_of_unknown_sort() -> None:
    model = model_of("""
        import asyncio, threading
        from typing import Union
        class C:
            def __init__(self, lock: Union[threading.Lock, asyncio.Lock]):
                self.lock = lock
            async def f(self):
                async with self.lock:
                    pass
    """)
    (item,) = [item for scope in model.scopes for statement in scope.withs for item in statement.items]
    lock = model.locks.lock(item.item)
    assert lock is not None
    assert lock.kind is None
