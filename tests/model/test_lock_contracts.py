"""What a function says of the locks that its caller holds."""

from __future__ import annotations

import textwrap

import pytest
from modelling import function_named, model_of

CLASS = """
import threading
table_lock = threading.Lock()
class Store:
    def __init__(self):
        self._lock = threading.Lock()
        self.items = []
    def NAME(self):
BODY
"""


def assumed(text: str, name: str) -> list[str]:
    """Return the labels of the locks that a contract of the function called `name` says are held."""
    model = model_of(text)
    return sorted(model.locks.by_key[key].label for key in model.locks.assumed(function_named(model, name)))


def of_method(body: str, name: str = "add") -> list[str]:
    text = CLASS.replace("NAME", name).replace("BODY", textwrap.indent(textwrap.dedent(body).strip(), " " * 8))
    return assumed(text, f"Store.{name}")


@pytest.mark.parametrize(
    "name", ["add_locked", "_add_unlocked", "add_nolock", "_add_no_lock", "_add_lock_held", "drop_with_lock", "_addLocked_locked"]
)
def test_names_say_that_the_caller_holds_the_lock(name: str) -> None:
    assert of_method("self.items.append(1)", name) == ["self._lock"]


@pytest.mark.parametrize(
    "name", ["is_locked", "_check_locked", "locked", "block", "unlock", "set_unlocked", "wait_until_unlocked", "raise_if_locked"]
)
def test_names_that_ask_or_change_say_nothing(name: str) -> None:
    assert of_method("self.items.append(1)", name) == []


@pytest.mark.parametrize(
    "docstring",
    [
        "Add one. The caller must hold the lock.",
        "Add one (caller must hold self._lock).",
        "Add one.\n\nRequires: _lock",
        "Must be called with the lock held.",
        "This must be called with _lock acquired.",
        "All callers to this function MUST hold self._lock.",
        "Initialize a value. Lock must be held by caller.",
        "Add one; caller is assumed to hold self._lock.",
        "Assumes the lock is held.",
        "Requires that the lock be held.",
        "Called under the lock.",
        "Called while holding self._lock.",
        "Not thread-safe. Callers hold the lock.",
        "You must hold `_lock` here.",
    ],
)
def test_docstrings_and_comments_state_contracts(docstring: str) -> None:
    assert of_method(f'"""{docstring}"""\nself.items.append(1)') == ["self._lock"]
    comment = docstring.replace("\n\n", ". ").replace("one.. ", "one. ")
    assert of_method(f"# {comment}\nself.items.append(1)") == ["self._lock"]


@pytest.mark.parametrize(
    "docstring",
    [
        "Add one under the lock.",
        "The caller must not hold the lock.",
        "Callers need not hold the lock.",
        "Return whether the lock is held.",
        "Wait until the lock is held by nobody.",
        "Must be called before the lock is made.",
        "Requires a name.",
        "The caller must check the result.",
        "Called with a list of blocks.",
        "Lock the store.",
        "Takes the lock, so that the caller doesn't have to hold it.",
    ],
)
def test_other_docstrings_state_none(docstring: str) -> None:
    assert of_method(f'"""{docstring}"""\nself.items.append(1)') == []


@pytest.mark.parametrize(
    "statement",
    [
        "assert self._lock.locked()",
        "assert self._lock.locked(), 'enter() holds it'",
        "assert self._lock._is_owned() and self.items",
        "if not self._lock.locked():\n    raise RuntimeError",
    ],
)
def test_assertions_state_contracts(statement: str) -> None:
    assert of_method(f'"""Add."""\n{statement}\nself.items.append(1)') == ["self._lock"]


def test_a_helper_asserts_for_who_calls_it() -> None:
    text = """
        import threading
        class Store:
            def __init__(self):
                self._lock = threading.Lock()
            def _assert_held(self):
                '''Refuse callers without the lock.'''
                assert self._lock.locked()
            def add(self):
                self._assert_held()
                self.items.append(1)
        class Pair:
            def __init__(self):
                self.store = Store()
            def add(self):
                self.store._assert_held()
    """
    assert assumed(text, "Store.add") == ["self._lock"]
    assert assumed(text, "Pair.add") == ["self.store._lock"]


@pytest.mark.parametrize(
    "statement",
    [
        "if self._lock.locked():\n    return",
        "self.items.clear()\nassert self._lock.locked()",
        "print(self._lock.locked())",
    ],
)
def test_other_questions_state_none(statement: str) -> None:
    assert of_method(statement) == []


def test_a_function_that_does_the_locking_assumes_nothing() -> None:
    assert of_method("with self._lock:\n    self.items.append(1)", "add_locked") == []


def test_giving_it_back_for_a_while_is_no_locking() -> None:
    body = "self._lock.release()\ntry:\n    wait()\nfinally:\n    self._lock.acquire()"
    assert of_method(body, "pause_locked") == ["self._lock"]


def test_a_contract_that_names_another_lock_means_that() -> None:
    assert of_method('"""Caller must hold table_lock."""', "add_locked") == ["table_lock"]


def test_of_two_locks_none_is_meant() -> None:
    text = CLASS.replace("NAME", "add_locked").replace("BODY", "        self.other = threading.Lock()")
    assert assumed(text, "Store.add_locked") == []
    named = text.replace("self.other =", "# caller must hold self._lock and self.other\n        self.other =")
    assert assumed(named, "Store.add_locked") == ["self._lock", "self.other"]


def test_a_condition_of_the_lock_is_no_second_lock() -> None:
    body = "self.changed = threading.Condition(self._lock)"
    assert of_method(body, "add_locked") == ["self._lock"]


def test_functions_mean_the_only_lock_of_the_module() -> None:
    text = """
        import threading
        lock = threading.Lock()
        def add_locked(x):
            pass
    """
    assert assumed(text, "add_locked") == ["lock"]


def test_a_base_class_of_another_module_brings_the_lock() -> None:
    text = """
        from store import Base
        class Store(Base):
            def add(self):
                with self._lock:
                    self._add_locked()
            def _add_locked(self):
                pass
    """
    assert assumed(text, "Store._add_locked") == ["self._lock"]


def test_a_closure_states_for_the_object_of_its_method() -> None:
    text = """
        import threading
        class Store:
            def __init__(self):
                self._lock = threading.Lock()
            def start(self):
                def work_locked():
                    pass
                return work_locked
    """
    assert assumed(text, "Store.start.<locals>.work_locked") == ["self._lock"]


def test_a_decorator_requires_it() -> None:
    text = """
        import threading
        from conclint.contracts import requires
        class Store:
            def __init__(self):
                self._lock, self.other = threading.Lock(), threading.Lock()
                self._lock = threading.Lock()
            @requires("_lock")
            def add(self):
                pass
    """
    assert assumed(text, "Store.add") == ["self._lock"]
