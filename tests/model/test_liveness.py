"""Where threads may be running: between a start and its join."""

from __future__ import annotations

import textwrap

import pytest
from modelling import calls_of, function_named, model_of

from conclint.model.liveness import Liveness

IMPORTS = """
import threading
from concurrent.futures import ThreadPoolExecutor
def work(): pass
"""

# `before()` and the like: whether a thread may be running there. "alone" or "live".
CASES = {
    "start and join": """
        def f():
            t = threading.Thread(target=work)
            alone()
            t.start()
            live()
            t.join()
            alone()
    """,
    "join with a timeout": """
        def f():
            t = threading.Thread(target=work)
            t.start()
            t.join(1)
            alone()
    """,
    "a join that is tried again": """
        def f():
            t = threading.Thread(target=work)
            t.start()
            while t.is_alive():
                t.join(1)
                live()
    """,
    "two threads": """
        def f():
            a = threading.Thread(target=work)
            b = threading.Thread(target=work)
            a.start()
            b.start()
            a.join()
            live()
            b.join()
            alone()
    """,
    "loops": """
        def f():
            threads = [threading.Thread(target=work) for i in "ab"]
            for t in threads:
                t.start()
                live()
            live()
            for t in threads:
                live()
                t.join()
            alone()
    """,
    "comprehensions as loops": """
        def f():
            threads = [threading.Thread(target=work) for i in "ab"]
            [t.start() for t in threads]
            live()
            [t.join() for t in threads]
            alone()
    """,
    "loops over pairs": """
        def f():
            threads = {i: threading.Thread(target=work) for i in "ab"}
            for i, t in threads.items():
                t.start()
            for i, t in enumerate(threads.values()):
                live()
                t.join()
            alone()
    """,
    "loops over indices": """
        def f():
            threads = [threading.Thread(target=work) for i in "ab"]
            for i in range(2):
                threads[i].start()
            for i in range(2):
                threads[i].join()
            alone()
    """,
    "a list that a loop makes": """
        def f():
            threads = []
            for i in "ab":
                t = threading.Thread(target=work)
                t.start()
                threads.append(t)
                live()
            for t in threads:
                t.join()
            alone()
    """,
    "a join of those that are alive": """
        def f():
            threads = [threading.Thread(target=work) for i in "ab"]
            for t in threads:
                t.start()
            for t in threads:
                if t.is_alive():
                    t.join()
            alone()
    """,
    "a join of some": """
        def f():
            threads = [threading.Thread(target=work) for i in "ab"]
            for t in threads:
                t.start()
            for t in threads:
                if t.name == "a":
                    t.join()
            live()
    """,
    "an executor": """
        def f():
            with ThreadPoolExecutor() as pool:
                alone()
                pool.submit(work)
                live()
            alone()
    """,
    "shutdown": """
        def f():
            pool = ThreadPoolExecutor()
            pool.submit(work)
            live()
            pool.shutdown()
            alone()
    """,
    "a branch": """
        def f(x):
            t = threading.Thread(target=work)
            if x:
                t.start()
            live()
    """,
    "a thread of unknown making": """
        def f(t: threading.Thread):
            t.start()
            live()
            t.join()
    """,
    "a function that leaves one running": """
        def begin():
            threading.Thread(target=work).start()
        def f():
            alone()
            begin()
            live()
    """,
    "a function that joins what it starts": """
        def run():
            t = threading.Thread(target=work)
            t.start()
            t.join()
        def f():
            run()
            alone()
    """,
    "a handler that a failing call leads to": """
        def f():
            try:
                t = threading.Thread(target=work)
                prepare()
            except OSError:
                alone()
            t.start()
            try:
                prepare()
            except OSError:
                live()
    """,
}


@pytest.mark.parametrize("name", CASES)
def test_live_at(name: str) -> None:
    model = model_of(IMPORTS + textwrap.dedent(CASES[name]))
    live = Liveness(model).live_at(function_named(model, "f"))
    for word, expected in (("alone", False), ("live", True)):
        for call in calls_of(model, word):
            assert live.get(id(call)) is expected, word


APART = {
    "one after the other": (
        """
        def f():
            a = threading.Thread(target=work)
            b = threading.Thread(target=work)
            a.start()
            a.join()
            b.start()
            b.join()
        """,
        True,
    ),
    "at once": (
        """
        def f():
            a = threading.Thread(target=work)
            b = threading.Thread(target=work)
            a.start()
            b.start()
            a.join()
            b.join()
        """,
        False,
    ),
    "never joined": (
        """
        def f():
            a = threading.Thread(target=work)
            b = threading.Thread(target=work)
            a.start()
            b.start()
        """,
        False,
    ),
    "joined, and the other left running": (
        """
        def f():
            a = threading.Thread(target=work)
            b = threading.Thread(target=work)
            a.start()
            a.join()
            b.start()
        """,
        False,
    ),
}


@pytest.mark.parametrize("name", APART)
def test_threads_that_follow_one_another_are_apart(name: str) -> None:
    text, apart = APART[name]
    model = model_of(IMPORTS + textwrap.dedent(text))
    one, other = [site.call for site in model.sites]
    liveness = Liveness(model)
    assert liveness.are_apart(one, other) is liveness.are_apart(other, one) is apart


def test_the_threads_of_one_site_follow_one_another_when_each_turn_joins_its_own() -> None:
    for joined, apart in (("        t.join()", True), ("        pass", False)):
        model = model_of(IMPORTS + textwrap.dedent(f"""
            def f():
                for i in "ab":
                    t = threading.Thread(target=work)
                    t.start()
            {joined}
            """).replace("\n" + joined, "\n" + joined))
        (site,) = model.sites
        assert Liveness(model).are_apart(site.call, site.call) is apart
