"""Orders that no lock shows, and what unknown callers and contracts mean for what is held."""

from __future__ import annotations

import textwrap

import pytest
from modelling import model_of

from conclint.program import Program, summarise
from conclint.syntax import Locator

SHARED = """
import threading
class Crew:
    def __init__(self):
        self._lock = threading.Lock()
        self._closed = False
        self._workers = set()
    def hire(self):
        with self._lock:
            {test}
            self._workers.add(object())
    def fire(self):
        with self._lock:
            self._workers.clear()
    def close(self):
        {close}
        for worker in self._workers:
            print(worker)
"""
CLOSE = "with self._lock:\n            self._closed = True"
LEAVE = "if self._closed:\n                raise RuntimeError"


def conflicts_of(text: str) -> list[tuple[str, str]]:
    """Return (variable, function) of each conflict."""
    model = model_of(text)
    program = Program([summarise(model, Locator(model.tree))])
    return [(one.access.fact.label, one.access.function.name) for one in program.conflicts]


@pytest.mark.parametrize(
    ("test", "close", "told"),
    [
        ("pass", "pass", True),
        (LEAVE, CLOSE, False),
        ("pass", CLOSE, True),
        (LEAVE, "self._closed = True", True),
        (LEAVE, CLOSE.replace("True", "False"), True),
    ],
)
def test_a_flag_that_is_set_under_the_lock_keeps_those_out_who_look_at_it(test: str, close: str, told: bool) -> None:
    text = SHARED.format(test=test, close=close).replace("    def fire(self):", "    def _fire(self):")
    assert conflicts_of(text) == ([("self._workers", "Crew.close")] if told else [])


@pytest.mark.parametrize(("join", "told"), [("self._thread.join()", False), ("pass", True)])
def test_what_follows_the_join_meets_the_thread_no_more(join: str, told: bool) -> None:
    text = f"""
    import threading
    class Recorder:
        def __init__(self):
            self._notes = {{}}
            self._thread = threading.Thread(target=self._run)
        def start(self):
            self._thread.start()
        def _run(self):
            self._notes[1] = 2
        def stop(self):
            {join}
            self._put_away()
        def _put_away(self):
            for note in self._notes:
                print(note)
    recorder = Recorder()
    def main():
        recorder.start()
        recorder.stop()
    main()
    """
    assert conflicts_of(text) == ([("self._notes", "Recorder._put_away")] if told else [])


def test_a_contract_whose_lock_is_not_in_sight_makes_a_function_unknown() -> None:
    text = """
    import threading
    from elsewhere import Base
    class Tracker(Base):
        def {name}(self):
            if self._fd is not None:
                self._fd.close()
                self._fd = None
        def check(self):
            threading.Thread(target=self.{name}).start()
            threading.Thread(target=self.{name}).start()
    """
    assert conflicts_of(text.format(name="_stop")) == [("self._fd", "Tracker._stop")]
    assert conflicts_of(text.format(name="_stop_locked")) == []


def test_who_is_called_by_nobody_weakens_no_locks() -> None:
    text = """
    import threading
    lock = threading.Lock()
    total = 0
    def work():
        with lock:
            _add()
    def _add():
        global total
        total = total + int("1")
    for _ in "ab":
        threading.Thread(target=work).start()
    """
    assert conflicts_of(text) == []
    text = textwrap.dedent(text)
    assert conflicts_of(text + "def _for_tests():\n    _add()\n") == []
    assert conflicts_of(text + "def public():\n    _add()\nthreading.Thread(target=public).start()\n") == [("total", "_add")]


@pytest.mark.parametrize(("opened", "sent", "told"), [("'open'", "'sent'", True), ("True", "False", False)])
def test_a_state_that_is_stored_past_the_lock_is_told_and_a_flag_is_not(opened: str, sent: str, told: bool) -> None:
    text = f"""
    import threading
    class Batch:
        def __init__(self):
            self._lock = threading.Lock()
            self._state = {opened}
        def commit(self):
            self._state = {sent}
        def send(self):
            with self._lock:
                if self._state == {opened}:
                    self._state = {sent}
        def close(self):
            with self._lock:
                if self._state == {opened}:
                    self._state = {sent}
    """
    assert conflicts_of(text) == ([("self._state", "Batch.commit")] if told else [])


@pytest.mark.parametrize(("status", "told"), [("SENT", False), ("OPEN", True)])
def test_a_state_that_was_claimed_under_the_lock_is_changed_alone(status: str, told: bool) -> None:
    text = f"""
    import threading
    OPEN, CLAIMED, SENT = "open", "claimed", "sent"
    class Batch:
        def __init__(self):
            self._lock = threading.Lock()
            self._state = OPEN
        def send(self):
            with self._lock:
                if self._state != OPEN:
                    return
                self._state = {"CLAIMED" if status == "SENT" else "OPEN"}
            print("sending")
            self._state = SENT
        def close(self):
            with self._lock:
                if self._state == OPEN:
                    self._state = SENT
    """
    assert conflicts_of(text) == ([("self._state", "Batch.send")] if told else [])
