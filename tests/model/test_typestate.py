"""What has happened to an object before it is asked for: `t.join()  # before: ...` says the histories.

A history is the words of what has happened joined by "+", "made" for the making when the object can't have gone through
anything else; several are separated by "or"; "unknown" is an object that the function was given.
"""

from __future__ import annotations

import re
import textwrap

import pytest
from modelling import model_of

from conclint.model.typestate import History, histories
from conclint.syntax import Locator

HEADER = """
import threading
from threading import Thread
from multiprocessing import Process
"""
WORDS = frozenset({"start", "daemon"})

CASES = {
    "in a row": """
        def f():
            t = Thread()
            t.start()
            t.join()  # before: made+start
    """,
    "nothing yet": """
        def f():
            t = Thread()
            t.join()  # before: made
            t.start()
    """,
    "on some path": """
        def f(x):
            t = Thread()
            if x:
                t.start()
            t.join()  # before: made or made+start
    """,
    "under the same test": """
        def f(x):
            t = Thread()
            if x:
                t.start()
            if x:
                t.join()  # before: made+start
    """,
    "made anew": """
        def f():
            t = Thread()
            t.start()
            t = Thread()
            t.join()  # before: made
    """,
    "two names": """
        def f():
            t = Thread()
            u = t
            u.start()
            t.join()  # before: made+start
    """,
    "two names at once": """
        class A:
            def f(self):
                self.t = t = Thread()
                self.t.start()
                t.join()  # before: start
    """,
    "an older name": """
        def f(xs):
            last = None
            for x in xs:
                t = Thread()
                if last is not None:
                    last.join()  # before: made+start
                t.start()
                last = t
    """,
    "a walrus": """
        def f():
            (t := Thread()).start()
            t.join()  # before: made+start
    """,
    "unpacked": """
        def f():
            a, b = Thread(), Thread()
            a.start()
            a.join()  # before: made+start
            b.join()  # before: made
    """,
    "a parameter": """
        def f(t: Thread):
            t.join()  # before: unknown
            t.start()
            t.join()  # before: start
    """,
    "an attribute": """
        class A:
            t: Thread
            def f(self):
                self.t.start()
                self.t.join()  # before: start
    """,
    "an attribute that others replace": """
        class A:
            def __init__(self):
                self.t = Thread()
            def renew(self):
                self.t = Thread()
            def f(self):
                self.t.start()
                self.renew()
                self.t.join()
    """,
    "passed on": """
        def f():
            t = Thread()
            launch(t)
            t.join()  # before: unknown
    """,
    "captured": """
        def f():
            t = Thread()
            def begin():
                t.start()
            begin()
            t.join()  # before: unknown
    """,
    "a class that starts itself": """
        class Own(Thread):
            def __init__(self):
                super().__init__()
                self.start()
        def f():
            t = Own()
            t.join()  # before: unknown
    """,
    "a class with a method that starts": """
        class Own(Thread):
            def launch(self):
                self.start()
        def f():
            t = Own()
            t.launch()
            t.join()  # before: unknown
    """,
    "a class of its own": """
        class Own(Thread):
            def __init__(self, x):
                Thread.__init__(self, daemon=True)
                self.x = x
        def f():
            t = Own(1)
            t.start()
            t.join()  # before: made+start
    """,
    "a loop over a list": """
        def f():
            ts = [Thread() for i in range(3)]
            for t in ts:
                t.start()
            for t in ts:
                t.join()  # before: made+start
    """,
    "a list that a loop makes": """
        def f(xs):
            ts = []
            for x in xs:
                t = Thread()
                ts.append(t)
                t.start()
            for t in ts:
                t.join()  # before: made+start
    """,
    "a list of what is not started": """
        def f(xs):
            ts = []
            for x in xs:
                ts.append(Thread())
            for t in ts:
                t.join()  # before: made
    """,
    "one loop for both": """
        def f():
            ts = [Thread(), Thread()]
            for t in ts:
                t.start()
                t.join()  # before: made+start
    """,
    "comprehensions as loops": """
        def f():
            ts = [Thread() for i in range(3)]
            [t.start() for t in ts]
            [t.join() for t in ts]  # before: made+start
    """,
    "started on some condition": """
        def f(xs):
            ts = [Thread() for x in xs]
            for t, x in zip(ts, xs):
                if x:
                    t.start()
            for i, t in enumerate(ts):
                t.join()  # before: made or unknown
    """,
    "by index": """
        def f():
            ts = [Thread() for i in range(3)]
            ts[0].start()
            ts[1].join()  # before: made or unknown
    """,
    "by index after a loop": """
        def f():
            ts = [Thread() for i in range(3)]
            for i in range(3):
                ts[i].start()
            for t in ts:
                t.start()
            ts[1].join()  # before: made+start
    """,
    "a dict": """
        def f(xs):
            ts = {}
            for x in xs:
                ts[x] = Thread()
            for t in ts.values():
                t.start()
            for x, t in ts.items():
                t.join()  # before: made+start
    """,
    "taken out": """
        def f(xs):
            ts = [Thread() for x in xs]
            while ts:
                t = ts.pop()
                t.start()
                t.join()  # before: made+start
    """,
    "a list of the caller's": """
        def f(ts: "list[Thread]"):
            ts = [Thread()]
            for t in ts:
                t.start()
            for t in ts:
                t.join()  # before: made+start
    """,
    "started by the constructor": """
        class A:
            def __init__(self, x):
                self.t = Thread()
                self.t.start()
                if x:
                    return
            def stop(self):
                self.t.join()  # before: start
    """,
    "started by the constructor under another name": """
        class A:
            def __init__(this):
                t = Thread()
                t.start()
                this.t = t
            def stop(self):
                self.t.join()  # before: start
    """,
    "started by the constructor on some path": """
        class A:
            def __init__(self, x):
                self.t = Thread()
                if x:
                    self.t.start()
            def stop(self):
                self.t.join()  # before: unknown
    """,
    "started by a base": """
        class Base:
            def __init__(self):
                self.t = Thread()
                self.t.start()
        class A(Base):
            def stop(self):
                self.t.join()  # before: start
    """,
    "started by nobody": """
        class A:
            def __init__(self):
                self._t = Thread()
            def stop(self):
                self._t.join()  # before: made
    """,
    "started by other modules": """
        class A:
            def __init__(self):
                self.t = Thread()
            def stop(self):
                self.t.join()  # before: unknown
    """,
    "started by another method": """
        class A:
            def __init__(self):
                self._t = Thread()
            def stop(self):
                self._t.join()  # before: unknown
            def begin(self):
                self._t.start()
    """,
    "handed on by another method": """
        class A:
            def __init__(self):
                self._t = Thread()
            def stop(self):
                self._t.join()  # before: unknown
            def begin(self):
                launch(self._t)
    """,
    "a loop that may end early": """
        def f(xs):
            ts = [Thread() for x in xs]
            for t in ts:
                if stop():
                    break
                t.start()
            for t in ts:
                t.join()  # before: made or unknown
    """,
}


def said(history: History) -> str:
    words = (["made"] if history.fresh else []) + sorted(history.words)
    return "+".join(words) or "unknown"


@pytest.mark.parametrize("name", CASES)
def test_histories(name: str) -> None:
    model = model_of(HEADER + textwrap.dedent(CASES[name]))
    locator = Locator(model.tree)
    found = {
        locator.span(event.node).line: " or ".join(sorted({said(history) for history in before}))
        for event, before in histories(model, WORDS, "join")
    }
    lines = model.source.text.splitlines()
    expected = {
        number: mark[1] for number, line in enumerate(lines, 1) if (mark := re.search(r"# before: (.+)", line))
    }
    assert found == expected
