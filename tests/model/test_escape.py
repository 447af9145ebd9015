"""Where objects go: what is done with them in sight, and where they get out of it."""

from __future__ import annotations

import textwrap

import pytest
from modelling import function_named, model_of

from conclint.model.escape import Fate, fate_of, fate_of_variable

HEADER = """
import threading
from collections import defaultdict
from threading import Thread
"""

# What becomes of the threads made: "uses; escapes; c" where c says that an inner function has a hand in it.
CASES = {
    "dropped": ("Thread()", "nothing"),
    "started at once": ("Thread().start()", "start"),
    "a variable": ("t = Thread()\nt.daemon = True\nt.start()\nprint(t.name, t)\nif t: pass", "daemon start name"),
    "an alias": ("t = Thread()\nu = t\nu.start()\nt.join()", "start join"),
    "bound again": ("t = Thread()\nt.start()\nt = other()\nt.join()", "start"),
    "bound on some path": ("t = Thread()\nif x:\n    t = other()\nt.join()", "join"),
    "a walrus": ("if (t := Thread()).is_alive():\n    t.join()", "is_alive join"),
    "either of two": ("t = Thread() if x else None\nif t and t.is_alive():\n    t.start()", "is_alive start"),
    "returned": ("t = Thread()\nt.start()\nreturn t", "start; returned"),
    "returned in a tuple": ("t = Thread()\nreturn 1, t", "; returned"),
    "yielded": ("yield Thread()", "; yielded"),
    "passed on": ("t = Thread()\nrun(t)", "; passed"),
    "passed by keyword": ("run(thread=Thread())", "; passed"),
    "stored": ("self.t = Thread()", "; stored"),
    "stored and used": ("t = self.t = Thread()\nt.start()", "; stored start"),
    "stored as an item of an attribute": ("t = Thread()\nself.all[1] = t", "; stored"),
    "appended to an attribute": ("t = Thread()\nself.all.append(t)", "; stored"),
    "appended to a parameter": ("t = Thread()\nx.append(t)", "; stored"),
    "a method of it": ("t = Thread()\natexit(t.join)", "join; method"),
    "a method that is not called": ("t = Thread()\nt.start", "start"),
    "a method in a variable": ("t = Thread()\nbegin = t.start\nbegin()", "start; method"),
    "captured": ("t = Thread()\ndef stop():\n    t.join()\nt.start()", "start join; c"),
    "captured and handed on": ("t = Thread()\nreturn lambda: t", "; passed; c"),
    "a default": ("t = Thread()\ndef stop(t=t):\n    t.join()", "; passed"),
    "a context manager": ("with Thread() as t:\n    t.start()", "with start"),
    "awaited": ("await Thread()", "await"),
    "unpacked": ("a, b = Thread(), other()\na.start()\nb.join()", "start"),
    "gone through": (
        "it = Thread()\nfor i in it: pass\nprint(*it)\nu = [*it]\nif all(it): pass\nif i in it: pass",
        "iterate iterate iterate iterate iterate",
    ),
    # containers
    "a list, gone through": ("ts = [Thread()]\nfor t in ts:\n    t.start()", "start"),
    "a list by index": ("ts = [Thread()]\nts[0].start()\nts[1:][0].join()", "start join"),
    "a comprehension": ("ts = [Thread() for i in x]\n[t.start() for t in ts]\nfor t in ts: t.join()", "start join"),
    "a generator": ("for t in (Thread() for i in x):\n    t.start()", "start"),
    "appended": ("ts = []\nfor i in x:\n    t = Thread()\n    ts.append(t)\nfor t in ts:\n    t.start()", "start"),
    "added up": ("ts = []\nts += [Thread()]\nfor t in ts:\n    t.start()", "start"),
    "stored by index": ("ts = [None] * 5\nts[0] = Thread()\nfor t in ts:\n    t.start()", "start"),
    "a dict": ("ts = {}\nts['a'] = Thread()\nfor t in ts.values():\n    t.start()", "start"),
    "items of a dict": ("ts = {k: Thread() for k in x}\nfor k, t in ts.items():\n    t.start()\n    k.join()", "start"),
    "taken out of a dict": ("ts = {'a': Thread()}\nts.pop('a').start()\nts.get('a').join()", "start join"),
    "enumerated": ("ts = [Thread()]\nfor i, t in enumerate(ts):\n    t.start()\n    i.join()", "start"),
    "zipped": ("ts = [Thread()]\nfor t, u in zip(ts, x):\n    t.start()", "start"),
    "unpacked from a list": ("a, *rest = [Thread() for i in x]\na.start()\nfor t in rest: t.join()", "start join"),
    "reversed": ("ts = [Thread()]\nfor t in reversed(ts):\n    t.start()", "start"),
    "a list of lists": ("ts = [[Thread()] for i in x]\nfor us in ts:\n    for u in us:\n        u.start()", "start"),
    "groups": ("g = defaultdict(list)\ng[x].append(Thread())\nfor k in g:\n    for t in g[k]: t.start()", "start"),
    "a list that is returned": ("ts = []\nts.append(Thread())\nreturn ts", "; returned"),
    "a list that is passed on": ("ts = [Thread()]\nrun(ts)", "; passed"),
    "a list that is stored": ("ts = self.ts = []\nts.append(Thread())", "; stored"),
    "a list of the caller's": ("ts = x or []\nts.append(Thread())", "; stored"),
    "a list that is only measured": ("ts = [Thread()]\nprint(len(ts))\nts.remove(ts[0])\nts.clear()", "nothing"),
    "a list in itself": ("ts = Thread()\nwhile x:\n    ts = [ts]", "; passed"),
    "unpacked into a call": ("ts = [Thread()]\nrun(*ts)", "; passed"),
}


def said(fate: Fate) -> str:
    uses = " ".join(use.name for use in fate.uses)
    escapes = " ".join(escape.way.value for escape in fate.escapes)
    return "; ".join([uses, escapes, "c"][: 3 if fate.captured else 2 if escapes else 1]) or "nothing"


def words(text: str) -> list[str]:
    return sorted(text.replace("nothing", "").replace(";", "").split())


@pytest.mark.parametrize("name", CASES)
def test_fate_of_what_is_made_in_a_function(name: str) -> None:
    code, expected = CASES[name]
    model = model_of(f"{HEADER}\nasync def f(self, x):\n{textwrap.indent(code, '    ')}")
    (site,) = model.sites
    assert words(said(fate_of(model, site.call))) == words(expected), said(fate_of(model, site.call))


MODULES = {
    "a global": ("t = Thread()\ndef begin():\n    t.start()", "start; global; c"),
    "a global of a program": ("if __name__ == '__main__':\n    t = Thread()\n    t.start()", "start"),
    "a global that a function sets": (
        "t = None\ndef begin():\n    global t\n    t = Thread()\n    t.start()\ndef end():\n    t.join()",
        "start join; c",
    ),
    "in a class": ("class A:\n    t = Thread()", "; stored"),
    "made at import": ("t = None\ndef f():\n    global t\n    t = Thread()\nf()", "; global"),
}


@pytest.mark.parametrize("name", MODULES)
def test_fate_of_what_is_global(name: str) -> None:
    code, expected = MODULES[name]
    model = model_of(f"{HEADER}\n{code}")
    (site,) = model.sites
    assert set(words(said(fate_of(model, site.call)))) == set(words(expected)), said(fate_of(model, site.call))


def test_fate_of_a_parameter() -> None:
    model = model_of("def f(t):\n    t.start()\n    u = t\n    return u")
    (binding,) = function_named(model, "f").scope.bindings["t"]
    assert said(fate_of_variable(model, binding)) == "start; returned"


def test_ways_that_do_not_matter_can_be_left_out() -> None:
    model = model_of(f"{HEADER}\nt = Thread()")
    fate = fate_of(model, model.sites[0].call)
    from conclint.model.escape import Way

    assert fate.escapes_but()
    assert not fate.escapes_but(Way.GLOBAL)


def test_expressions_may_nest_as_deep_as_they_like() -> None:
    model = model_of(f"{HEADER}\ndef f(x):\n    ts = [Thread()]{' + x' * 900}\n    for t in ts:\n        t.start()")
    assert said(fate_of(model, model.sites[0].call)) == "start"
