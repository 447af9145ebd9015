"""Closures that read what a loop has bound anew by the time they run."""

from __future__ import annotations

import textwrap

import pytest
from modelling import model_of

from conclint.model.late_binding import late_bindings

IMPORTS = """
import asyncio, atexit, functools, multiprocessing, signal, threading, time
from threading import Thread, Timer
from concurrent.futures import ThreadPoolExecutor, wait
from elsewhere import f, get, pool, things
executor = ThreadPoolExecutor()
threads = []
"""

LATE = {
    "a thread in a loop": """
        for i in things:
            Thread(target=lambda: f(i)).start()
        """,
    "threads in a list": """
        def g():
            return [Thread(target=lambda: f(i)) for i in things]
        """,
    "in a generator expression": """
        def g():
            return list(executor.submit(lambda: f(i)) for i in things)
        """,
    "a nested function": """
        def g():
            for i in things:
                def work():
                    f(i)
                Thread(target=work).start()
        """,
    "a nested function made before the loop": """
        def g():
            def work():
                f(i)
            for i in things:
                Thread(target=work).start()
        """,
    "unpacked": """
        for n, (i, m) in things:
            executor.submit(lambda: f(i))
        """,
    "bound in the loop": """
        def g():
            while True:
                i = get()
                Thread(target=lambda: f(i)).start()
        """,
    "in a branch": """
        for i in things:
            if i:
                Thread(target=lambda: f(i)).start()
            else:
                f(i)
        """,
    "deeper down": """
        for i in things:
            Thread(target=lambda: [f(x, i) for x in things]).start()
        """,
    "the inner of two loops": """
        for j in things:
            for i in j:
                Timer(1, lambda: f(i)).start()
        """,
    "waits for something else": """
        for i in things:
            t = Thread(target=lambda: f(i))
            t.start()
            time.sleep(1)
            ", ".join(things)
        """,
    "kept in a list": """
        for i in things:
            t = Thread(target=lambda: f(i))
            threads.append(t)
            t.start()
        """,
    "callbacks": """
        for i in things:
            executor.submit(f).add_done_callback(lambda _: f(i))
        """,
    "on the way out": """
        for i in things:
            atexit.register(lambda: f(i))
        """,
    "in the loop of asyncio": """
        async def g():
            loop = asyncio.get_running_loop()
            for i in things:
                loop.call_soon(lambda: f(i))
        """,
    "collected and awaited later": """
        async def g():
            tasks = []
            for i in things:
                tasks.append(asyncio.to_thread(lambda: f(i)))
            await asyncio.gather(*tasks)
        """,
    "processes that start later": """
        def g():
            ps = [multiprocessing.Process(target=lambda: f(i)) for i in things]
        """,
}

IN_TIME = {
    "a default": """
        for i in things:
            Thread(target=lambda i=i: f(i)).start()
        """,
    "arguments": """
        for i in things:
            Thread(target=lambda i: f(i), args=(i,)).start()
            Thread(target=functools.partial(f, i)).start()
            executor.submit(f, i)
        """,
    "another variable": """
        def g(i):
            for j in things:
                Thread(target=lambda: f(i)).start()
        """,
    "no loop": """
        i = 1
        Thread(target=lambda: f(i)).start()
        """,
    "joined at once": """
        for i in things:
            t = Thread(target=lambda: f(i))
            t.start()
            t.join()
        """,
    "asked for its result at once": """
        for i in things:
            executor.submit(lambda: f(i)).result()
        """,
    "waited for at once": """
        for i in things:
            futures = [executor.submit(lambda: f(i)), executor.submit(lambda: f(i, 2))]
            wait(futures)
        """,
    "awaited at once": """
        async def g():
            for i in things:
                await asyncio.to_thread(lambda: f(i))
                future = asyncio.get_running_loop().run_in_executor(None, lambda: f(i))
                await asyncio.wait_for(future, 3)
        """,
    "handed to what may wait": """
        for i in things:
            task = executor.submit(lambda: f(i))
            get(task)
        """,
    "waited for in a function": """
        def end():
            for t in threads:
                t.join()
        def g():
            for i in things:
                threads.append(Thread(target=lambda: f(i)))
                end()
        """,
    "a pool of the round": """
        for i in things:
            with ThreadPoolExecutor() as own:
                own.submit(lambda: f(i))
        """,
    "left after the first": """
        for i in things:
            Thread(target=lambda: f(i)).start()
            break
        """,
    "returned": """
        def g():
            for i in things:
                if i:
                    return Thread(target=lambda: f(i))
        """,
    "blocks itself": """
        with multiprocessing.Pool() as p:
            for i in things:
                p.apply(lambda: f(i))
        """,
    "a process has a copy": """
        for i in things:
            multiprocessing.Process(target=lambda: f(i)).start()
        """,
    "pickled at once, or not at all": """
        processes = multiprocessing.Pool()
        for i in things:
            processes.apply_async(lambda: f(i))
        """,
    "a counter that is meant to be seen": """
        def g():
            n = 0
            while n < 3:
                Timer(1, lambda: print(n)).start()
                n += 1
        """,
    "bound behind": """
        def g():
            last = None
            for i in things:
                Thread(target=lambda: f(last)).start()
                last = i
        """,
    "its own": """
        for i in things:
            Thread(target=lambda: [i for i in things]).start()
        """,
    "a function that hands itself over": """
        def g():
            for i in things:
                Thread(target=g).start()
        """,
    "called now": """
        for i in things:
            sorted(things, key=lambda x: f(x, i))
        """,
    "unknown": """
        for i in things:
            pool.submit(lambda: f(i))
        """,
}


@pytest.mark.parametrize("name", LATE)
def test_too_late(name: str) -> None:
    found = list(late_bindings(model_of(IMPORTS + textwrap.dedent(LATE[name]))))
    assert [late.name for late in found] == ["i"]


@pytest.mark.parametrize("name", IN_TIME)
def test_in_time(name: str) -> None:
    assert not list(late_bindings(model_of(IMPORTS + textwrap.dedent(IN_TIME[name]))))
