"""How an acquire comes back, by its arguments."""

from __future__ import annotations

import pytest
from modelling import call_of, calls_of, model_of

from conclint.model.tries import Attempt, attempt, ignored_tries


def attempt_of(arguments: str, kind: str = "threading.Lock") -> Attempt:
    model = model_of(f"""
        import multiprocessing, threading, filelock
        WAIT = 3
        lock = {kind}
        def f(given, wait=None, always=True, limit=-1):
            lock.acquire({arguments})
    """)
    return attempt(model, call_of(model, "lock.acquire"))


@pytest.mark.parametrize(
    "arguments",
    ["", "True", "blocking=True", "1", "timeout=-1", "True, -1", "blocking=True, timeout=-1", "timeout=threading.TIMEOUT_MAX"],
)
def test_comes_back_with_the_lock(arguments: str) -> None:
    assert attempt_of(f"{arguments}", "threading.Lock()") is Attempt.WITH_LOCK


@pytest.mark.parametrize(
    "arguments", ["False", "0", "blocking=False", "timeout=1", "True, 2.5", "timeout=WAIT", "timeout=given", "timeout=WAIT * 2"]
)
def test_may_come_back_without(arguments: str) -> None:
    assert attempt_of(arguments, "threading.Lock()") is Attempt.EITHER_WAY


@pytest.mark.parametrize(
    "arguments", ["given", "blocking=given", "always", "timeout=wait", "timeout=limit", "*given", "**given", "key=1"]
)
def test_depends(arguments: str) -> None:
    assert attempt_of(arguments, "threading.Lock()") is Attempt.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "arguments", "expected"),
    [
        ("multiprocessing.Lock()", "block=False", Attempt.EITHER_WAY),
        ("multiprocessing.Semaphore(2)", "timeout=None", Attempt.WITH_LOCK),
        ("multiprocessing.RLock()", "False", Attempt.EITHER_WAY),
        ("threading.Condition()", "False", Attempt.EITHER_WAY),
        ("threading.BoundedSemaphore()", "timeout=None", Attempt.WITH_LOCK),
        ("filelock.FileLock('x')", "timeout=3", Attempt.WITH_LOCK),
        ("unknown()", "timeout=3", Attempt.EITHER_WAY),
    ],
)
def test_each_kind_has_its_own_parameters(kind: str, arguments: str, expected: Attempt) -> None:
    assert attempt_of(arguments, kind) is expected


def ignored(body: str) -> int:
    text = f"""
        import threading
        lock = threading.Lock()
        signal = threading.Lock()
        again = threading.RLock()
        items = []
        def give():
            signal.release()
        def f(x):
{body}
    """
    model = model_of(text)
    assert calls_of(model, "lock.acquire") or calls_of(model, "signal.acquire") or calls_of(model, "again.acquire")
    return len(list(ignored_tries(model)))


@pytest.mark.parametrize(
    "body",
    [
        "lock.acquire(timeout=1); items.append(x); lock.release()",
        "lock.acquire(False); items.append(x)",
        "got = lock.acquire(timeout=1); items.append(x); lock.release()",
        "lock.acquire(timeout=1)\n            if x: items.append(x)\n            lock.release()",
        "signal.acquire(timeout=1); items.append(x); signal.release()",
    ],
)
def test_the_answer_is_ignored(body: str) -> None:
    assert ignored(f"            {body}") == 1


@pytest.mark.parametrize(
    "body",
    [
        "return lock.acquire(timeout=1)",
        "got = lock.acquire(timeout=1); items.append(x); print(got)",
        "lock.acquire(False); lock.release(); items.append(x)",
        "items.append(x); lock.acquire(False)",
        "signal.acquire(timeout=1); items.append(x)",
        "signal.acquire(False); items.append(x)",
        "lock.acquire(timeout=1); items.append(x)",
        "with again: again.acquire(False); items.append(x); again.release()",
    ],
)
def test_the_answer_need_not_matter(body: str) -> None:
    assert ignored(f"            {body}") == 0
