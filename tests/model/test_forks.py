"""Which locks a forked process waits for, in code that looks out for forks."""

from __future__ import annotations

import textwrap

import pytest
from modelling import model_of

from conclint.model.forks import inherited_locks

_HEAD = """
    import multiprocessing, os, threading
    from os import getpid

    class Worker:
        def __init__(self, parent):
            self.parent = parent
            self.pid = os.getpid()
            self.lock = threading.Lock()
            self.shared = multiprocessing.Lock()

        @property
        def forked(self):
            return self.pid != getpid()

        def is_mine(self):
            if self.pid == getpid():
                return True
            return False

        def ensure(self, pid):
"""


def inherited(body: str) -> list[str]:
    """Return the labels of the locks that the method with this body has from before a fork."""
    first, *methods = body.split("\n\n")
    text = textwrap.dedent(_HEAD) + textwrap.indent(first, " " * 8) + "\n"
    text += "".join(textwrap.indent(method, " " * 4) + "\n" for method in methods)
    return [one.lock.label for one in inherited_locks(model_of(text))]


@pytest.mark.parametrize(
    "body",
    [
        "if os.getpid() != self.pid:\n    with self.lock: work()",
        "if self.pid == getpid(): return\nself.lock.acquire()\ntry: work()\nfinally: self.lock.release()",
        "now = os.getpid()\nif now is not self.pid:\n    with self.lock: work()",
        "with self.lock:\n    if self.forked: work()",
        "if not self.is_mine():\n    with self.lock: work()",
        "if self.forked: self.begin()\n\ndef begin(self):\n    with self.lock: work()",
        "while self.pid != os.getpid():\n    with self.lock: work()",
    ],
)
def test_what_a_new_process_takes_is_told(body: str) -> None:
    assert inherited(body) == ["self.lock"]


@pytest.mark.parametrize(
    "body",
    [
        "with self.lock: work()",
        "if self.pid != os.getpid(): return\nwith self.lock: work()",
        "if self.forked:\n    self.__init__(pid)\nwith self.lock: work()",
        "if self.pid != os.getpid():\n    with self.shared: work()",
        "if self.pid != os.getpid() and self.lock.acquire(timeout=1): work()",
        "if self.pid != os.getpid() and self.lock.acquire(False): work()",
        "if pid != os.getpid():\n    with self.lock: work()",
        "if self.parent == os.getpid():\n    with self.lock: work()",
        "if self.pid != os.getpid():\n    lock = threading.Lock()\n    with lock: work()",
        "if self.pid != os.getpid():\n    self.lock = threading.Lock()\n    with self.lock: work()",
        "if self.pid != os.getpid():\n    with pid.lock: work()",
        "os.register_at_fork(after_in_child=work)\nif self.pid != os.getpid():\n    with self.lock: work()",
    ],
)
def test_what_cannot_be_left_locked_is_left_alone(body: str) -> None:
    assert inherited(body) == []
