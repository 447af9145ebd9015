"""Which locks are held whenever a private function is entered."""

from __future__ import annotations

import pytest
from modelling import function_named, model_of


def entered(text: str, name: str) -> str:
    """Return the keys of the locks that a function is entered under."""
    model = model_of(text)
    return ", ".join(sorted(model.entry_locks(function_named(model, name))))


def test_what_all_callers_hold() -> None:
    text = """
        import threading
        class C:
            def __init__(self):
                self._lock = threading.Lock()
                self._more = threading.Lock()
            def one(self):
                with self._lock, self._more:
                    self._helper()
            def two(self):
                self._lock.acquire()
                try:
                    self._helper()
                finally:
                    self._lock.release()
            def _helper(self):
                self._inner()
            def _inner(self):
                self._helper()
    """
    assert entered(text, "C._helper") == "C._lock"
    assert entered(text, "C._inner") == "C._lock"
    assert entered(text, "C.one") == ""


def test_one_caller_without() -> None:
    text = """
        import threading
        lock = threading.Lock()
        def one():
            with lock:
                _helper()
        def two():
            with lock:
                pass
            _helper()
        def _helper(): pass
    """
    assert entered(text, "_helper") == ""


@pytest.mark.parametrize(
    ("uses", "held"),
    [
        ("with lock: _helper()", "global lock"),
        ("with lock: helper()", ""),  # a public name, in the same place
        ("with lock: __helper__()", ""),
        ("pass", ""),
        ("with lock: threading.Thread(target=_helper).start(); _helper()", ""),
        ("with lock: _helper(); callbacks.append(_helper)", ""),
        ("with lock: _decorated()", ""),
    ],
)
def test_what_counts_as_private(uses: str, held: str) -> None:
    text = f"""
        import threading
        from elsewhere import register
        lock, callbacks = threading.Lock(), []
        def _helper(): pass
        def helper(): pass
        def __helper__(): pass
        @register
        def _decorated(): pass
        def use():
            {uses}
    """
    called = [name for name in ("__helper__", "_helper", "helper", "_decorated") if f"{name}(" in uses] or ["_helper"]
    assert entered(text, called[0]) == held


def test_a_contract_counts() -> None:
    text = """
        import threading
        class C:
            def __init__(self):
                self._lock = threading.Lock()
            def remove(self):
                '''The caller must hold the lock.'''
                self._remove()
            def _remove(self): pass
    """
    assert entered(text, "C.remove") == "C._lock"
    assert entered(text, "C._remove") == "C._lock"


def test_locks_of_another_object() -> None:
    text = """
        import threading
        class Account:
            def __init__(self):
                self._lock = threading.Lock()
            def pay(self, other):
                with self._lock:
                    other._add()
            def move(self, other):
                with other._lock:
                    other._take()
            def _add(self): pass
            def _take(self): pass
        def transfer(one: Account):
            with one._lock:
                one._take()
    """
    assert entered(text, "Account._add") == ""
    assert entered(text, "Account._take") == "Account._lock"


def test_locks_that_are_passed_on() -> None:
    text = """
        import threading
        def use():
            guard = threading.Lock()
            with guard:
                _work(1, guard)
        def _work(number, lock):
            with lock: pass  # the same lock under another name
        class C:
            def __init__(self):
                self._lock = threading.Lock()
            def run(self):
                with self._lock:
                    _look(self)
        def _look(thing: C):
            with thing._lock: pass
    """
    assert entered(text, "_work") == "_work:lock, use:guard"
    assert entered(text, "_look") == "C._lock@thing"


def test_functions_inside_others() -> None:
    text = """
        import threading
        condition = threading.Condition()
        def wait(items):
            def ready():
                return bool(items)
            def handed_on():
                return 0
            with condition:
                condition.wait_for(ready)
                condition.wait_for(lambda: len(items) > ready())
                items.append(handed_on)
                handed_on()
    """
    assert entered(text, "wait.<locals>.ready") == "global condition"
    assert entered(text, "wait.<locals>.<lambda>") == "global condition"
    assert entered(text, "wait.<locals>.handed_on") == ""


def test_overridden_methods_have_their_callers_in_the_base() -> None:
    text = """
        import threading
        class Base:
            def __init__(self):
                self._lock = threading.Lock()
            def put(self):
                with self._lock:
                    self._put()
            def _put(self): pass
        class Derived(Base):
            def _put(self):
                super()._put()
            def more(self):
                self._put()
    """
    assert entered(text, "Base._put") == ""
    assert entered(text, "Derived._put") == ""
    without_more = text.partition("            def more")[0]
    assert entered(without_more, "Base._put") == "Base._lock"
    assert entered(without_more, "Derived._put") == "Base._lock"
