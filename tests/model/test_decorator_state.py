"""What calls of one wrapped function overwrite for each other on the object that wraps it."""

from __future__ import annotations

import textwrap

import pytest
from modelling import model_of

from conclint.model.decorator_state import overwritten_states

_HEAD = """
    import contextlib, functools, threading, time
    import contextvars

"""


def overwritten(text: str) -> list[str]:
    """Return the attributes that calls overwrite for each other."""
    module = model_of(textwrap.dedent(_HEAD) + textwrap.dedent(text))
    return [module.code(found.store) for found in overwritten_states(module)]


def wrapping(body: str, before: str = "") -> str:
    """Return a class whose objects decorate functions with a wrapper of this body."""
    text = f"class Timer:\n    def __init__(self):\n        self.lock = threading.Lock()\n{textwrap.indent(before, ' ' * 4)}\n"
    text += "    def __call__(self, f):\n        @functools.wraps(f)\n        def wrapper(*args):\n"
    return text + textwrap.indent(textwrap.dedent(body), " " * 12) + "\n        return wrapper\n"


@pytest.mark.parametrize(
    "text",
    [
        wrapping("self.start = time.time()\nresult = f(*args)\nprint(time.time() - self.start)\nreturn result"),
        wrapping("self.start = args\ntry:\n    return f(*args)\nfinally:\n    print(self.start)"),
        wrapping("self.begin()\nf(*args)\nself.end()",
                 "def begin(self): self.start = time.time()\ndef end(self): print(self.start)\n"),
        """
        class Timer(contextlib.AsyncContextDecorator):
            async def __aenter__(self):
                self.start = time.time()
            async def __aexit__(self, *info):
                print(self.start)
        """,
        """
        class Base:
            def decorate(self, f):
                async def wrapper(*args):
                    async with self:
                        return await f(*args)
                functools.update_wrapper(wrapper, f)
                return wrapper

        class Timer(Base):
            async def __aenter__(self):
                self.start = time.time()
            async def __aexit__(self, *info):
                print(self.start)
                self.start = None
        """,
    ],
)
def test_the_state_of_a_call_is_told(text: str) -> None:
    assert overwritten(text) == ["self.start"]


@pytest.mark.parametrize(
    "text",
    [
        wrapping("start = time.time()\nf(*args)\nself.last = time.time() - start"),
        wrapping("self.start = 0\nf(*args)\nprint(self.start)"),
        wrapping("with self.lock:\n    self.start = time.time()\n    f(*args)\n    print(self.start)"),
        wrapping("if self.start is None:\n    self.start = time.time()\nf(*args)\nprint(self.start)"),
        wrapping("self.start = time.time()\nprint(self.start)\nreturn f(*args)"),
        wrapping("f(*args)\nself.end = time.time()\nprint(self.end)"),
        wrapping("self.starts.append(time.time())\nf(*args)\nprint(self.starts.pop())"),
        wrapping("self.local.start = time.time()\nf(*args)\nprint(self.local.start)"),
        wrapping("with type(self)() as timer:\n    f(*args)\n    print(timer.start)",
                 "def __enter__(self): self.start = time.time()\ndef __exit__(self, *info): print(self.start)\n"),
        """
        class Timer(contextlib.ContextDecorator):
            def _recreate_cm(self):
                return type(self)()
            def __enter__(self):
                self.start = time.time()
            def __exit__(self, *info):
                print(self.start)
        """,
        """
        class Timer(threading.local, contextlib.ContextDecorator):
            def __enter__(self):
                self.start = time.time()
            def __exit__(self, *info):
                print(self.start)
        """,
        """
        class Only(contextlib.ContextDecorator):
            def __init__(self):
                self.lock = threading.Lock()
            def __enter__(self):
                self.lock.acquire()
                self.start = time.time()
            def __exit__(self, *info):
                print(self.start)
                self.lock.release()
        """,
        """
        class Retry:
            def __init__(self, task):
                self.task = task
            def __call__(self):
                self.start = time.time()
                self.task()
                print(self.start)
        """,
        """
        class Watcher:
            def watch(self, callback):
                def handler(event):
                    self.last = event.time
                    callback(event)
                    print(self.last)
                return handler
        """,
    ],
)
def test_what_no_other_call_touches_is_left_alone(text: str) -> None:
    assert overwritten(text) == []
