"""Whether the library's class sees the objects of classes that derive from it."""

from __future__ import annotations

import textwrap

import pytest
from modelling import model_of

from conclint.model.constructing import early_uses, unprepared

IMPORTS = """
import abc, attr, dataclasses, functools, multiprocessing, threading, typing, weakref
from dataclasses import dataclass
from threading import Thread, Timer
from elsewhere import Base, decorated, prepare
"""

CASES = {
    "nothing at all": (
        """
        class A(Thread):
            def __init__(self): pass
        """,
        ["A never"],
    ),
    "no constructor": ("class A(Thread): pass", []),
    "through super": (
        """
        class A(Thread):
            def __init__(self): super().__init__()
        class B(Thread):
            def __init__(self): super(B, self).__init__()
        class C(Thread):
            def __init__(self): Thread.__init__(self)
        class D(threading.Thread):
            def __init__(self): threading.Thread.__init__(self)
        """,
        [],
    ),
    "past the base in super": (
        """
        class A(Thread):
            def __init__(self): super(Thread, self).__init__()
        """,
        ["A never"],
    ),
    "on some paths": (
        """
        class A(Thread):
            def __init__(self, x):
                if x:
                    super().__init__()
        class B(Thread):
            def __init__(self, x):
                if x:
                    super().__init__(name=x)
                else:
                    super().__init__()
        class C(Thread):
            def __init__(self, x):
                if x:
                    raise ValueError(x)
                super().__init__()
        class D(Thread):
            def __init__(self, x):
                if x is not None:
                    super().__init__()
                y = 1
                if x is None:
                    super().__init__()
        class E(Thread):
            def __init__(self, xs):
                for x in xs:
                    super().__init__()
        """,
        ["A some", "E some"],
    ),
    "through a class of the module": (
        """
        class A(Thread):
            def __init__(self): super().__init__()
        class B(A):
            def __init__(self): super().__init__()
        class C(A):
            def __init__(self): self.x = 1
        class D(C):
            def __init__(self): A.__init__(self)
        class E(C):
            def __init__(self): super().__init__()
        """,
        ["C never", "E never"],
    ),
    "beside a class that stops the chain": (
        """
        class Named:
            def __init__(self): self.label = "x"
        class Kind:
            def __init__(self): super().__init__()
        class A(Named, Thread):
            def __init__(self): super().__init__()
        class B(Kind, Thread):
            def __init__(self): super().__init__()
        class C(Thread, Named):
            def __init__(self): super().__init__()
        class D(Named, Thread): pass
        class E(Kind, Thread): pass
        class F(Named, Thread):
            def __init__(self):
                Named.__init__(self)
                Thread.__init__(self)
        """,
        ["A never", "D inherits"],
    ),
    "through a method": (
        """
        class A(Thread):
            def __init__(self): self.prepare()
            def prepare(self): super().__init__()
        class B(A):
            def prepare(self): pass
        """,
        ["B inherits"],
    ),
    "what is not seen may do it": (
        """
        class A(Base, Thread):
            def __init__(self): super().__init__()
        class B(Thread):
            def __init__(self): prepare(self)
        class C(Base, Thread):
            def __init__(self): self.prepare()
        class D(Thread):
            @decorated
            def __init__(self): pass
        @decorated
        class E(Thread):
            def __init__(self): pass
        class F(Thread):
            def __new__(cls): return prepare(object.__new__(cls))
            def __init__(self): pass
        class G(Thread):
            def __init__(self): Base.__init__(self)
        class H(Thread):
            def __init__(self, *args): prepare(*args)
        class I(Base):
            def __init__(self): pass
        """,
        [],
    ),
    "what is seen does not": (
        """
        class A(Thread):
            def __init__(self):
                self.me = weakref.ref(self)
                print(isinstance(self, Base))
        class B(Thread, metaclass=abc.ABCMeta):
            def __init__(self): object.__init__(self)
        class C(Base, Thread):
            def __init__(self): self.x = 1
        """,
        ["A never", "B never", "C never"],
    ),
    "a start of its own": (
        """
        class A(Thread):
            def __init__(self): pass
            def start(self): pass
        """,
        [],
    ),
    "dataclasses": (
        """
        @dataclass
        class A(Thread):
            x: int
        @dataclass
        class B(Thread):
            x: int
            def __post_init__(self): super().__init__()
        @dataclass(init=False)
        class C(Thread):
            x: int
        @dataclasses.dataclass(eq=False)
        class D(Thread):
            def __post_init__(self): self.y = 1
        @dataclass
        class Data:
            x: int
        class E(Data, Thread): pass
        class F(Data, Thread):
            def __init__(self):
                super().__init__(1)
        """,
        ["A inherits", "D inherits", "E inherits", "F never"],
    ),
    "attrs": (
        """
        @attr.s
        class A(Thread):
            x = attr.ib()
            def __attrs_post_init__(self): super().__init__()
        @attr.define
        class B(Thread):
            x: int
            def __attrs_pre_init__(self): super().__init__()
        @attr.s(auto_attribs=True)
        class C(Thread):
            x: int
        """,
        ["C inherits"],
    ),
    "processes and timers": (
        """
        class A(multiprocessing.Process):
            def __init__(self): pass
        class B(Timer):
            def __init__(self): self.interval = 1
        """,
        ["A never", "B never"],
    ),
    "other classes": (
        """
        class A(threading.local):
            def __init__(self): pass
        class B:
            def __init__(self): pass
        """,
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_whose_base_is_never_set_up(name: str) -> None:
    text, expected = CASES[name]
    found = unprepared(model_of(IMPORTS + textwrap.dedent(text)))
    how = [
        f"{one.cls.name} {'inherits' if one.init is None else 'never' if one.always else 'some'}" for one in found
    ]
    assert how == expected


def early(text: str) -> list[str]:
    found = early_uses(model_of(IMPORTS + textwrap.dedent(text)))
    return [f"{'set' if use.is_store else 'get'} {use.node.attr.value}: {use.raises}" for use in found]


def test_what_is_used_too_early() -> None:
    assert early("""
        class A(Thread):
            def __init__(self, x):
                self.x = x
                self.daemon = True
                self.name = self.x
                print(self.ident)
                super().__init__()
                self.daemon = True
    """) == ["set daemon: RuntimeError", "set name: AssertionError", "get ident: AssertionError"]


def test_what_a_process_has_early() -> None:
    assert early("""
        class A(multiprocessing.Process):
            def __init__(self):
                self.name = "x"
                self.daemon = True
                self.run()
                self.start()
                super().__init__()
    """) == ["set daemon: AttributeError", "get start: AttributeError"]


def test_what_is_not_the_librarys_may_be_used() -> None:
    assert not early("""
        class A(Thread):
            name = "x"
            def __init__(self):
                self.name = "y"
                self.join()
                super().__init__()
            def join(self): pass
        class B(Thread):
            def __init__(self, x):
                if x:
                    super().__init__()
                print(self.name)
                if not x:
                    super().__init__()
        class C(Base, Thread):
            def __init__(self):
                self.daemon = True
                super().__init__()
    """)
