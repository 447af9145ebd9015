"""Declared contracts, in each of their forms."""

from __future__ import annotations

import pytest
from modelling import model_of

from conclint.contracts import GuardedBy, requires
from conclint.program import Program, summarise
from conclint.syntax import Locator

CLASS = """
import threading
from typing import Annotated
from conclint.contracts import GuardedBy, requires

class Queue:
    {declared}
    def __init__(self):
        self._lock = threading.Lock()
        self._jobs = []{comment}
    {decorated}
    def _take(self):
        {docstring}
        return self._jobs.pop()
    def take(self):
        {body}
"""


def broken(body: str, *, declared: str = "", comment: str = "", decorated: str = "", docstring: str = "pass") -> list[str]:
    model = model_of(
        CLASS.format(declared=declared, comment=comment, decorated=decorated, docstring=docstring, body=body)
    )
    program = Program([summarise(model, Locator(model.tree))])
    return [f"{one.what} in {one.function.name}" for one in program.promises.broken()]


BARE = "return self._jobs[0]"
LOCKED = "with self._lock: return self._jobs[0]"


@pytest.mark.parametrize(
    "declaration",
    [
        {"comment": "  # guarded by: _lock"},
        {"comment": "  # guarded-by=self._lock"},
        {"comment": "  # the jobs, guarded by _lock"},
        {"declared": '_jobs: Annotated[list, GuardedBy("_lock")]'},
        {"declared": '_jobs: Annotated[list, "documented", GuardedBy("self._lock")]'},
    ],
)
def test_a_guard_is_declared_by_a_comment_or_an_annotation(declaration: dict[str, str]) -> None:
    assert "self._jobs in Queue.take" in broken(BARE, **declaration)
    assert "self._jobs in Queue.take" not in broken(LOCKED, **declaration)


def test_without_a_declaration_nothing_is_promised() -> None:
    assert broken(BARE) == []
    assert broken(BARE, comment="  # see the guards") == []
    assert broken("return self._take()", docstring='"""Take one with the lock held."""') == []


@pytest.mark.parametrize(
    "declaration",
    [{"decorated": '@requires("_lock")'}, {"docstring": '"""Take one.\n\n        Requires: _lock\n        """'}],
)
def test_a_function_declares_what_its_callers_hold(declaration: dict[str, str]) -> None:
    assert broken("return self._take()", **declaration) == ["_take in Queue.take"]
    assert broken("with self._lock: return self._take()", **declaration) == []


def test_declarations_do_nothing_when_the_program_runs() -> None:
    @requires("_lock", "_other")
    def take() -> str:
        return "taken"

    assert take() == "taken"
    assert vars(take)["__requires__"] == ("_lock", "_other")
    assert repr(GuardedBy("_lock")) == "GuardedBy('_lock')"
