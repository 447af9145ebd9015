"""CON203: a finally that releases what may never have been taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class AcquireInsideTry(ModuleRule):
    """A lock is taken inside the `try` whose `finally` releases it, so the release also runs without it.

    ## Why
    `finally` runs however the `try` is left: also when the acquire times out, is interrupted or cancelled, or when
    something in front of it raises. Then it releases a lock that was never taken. A lock in use by another thread is
    pulled away from it, a semaphore counts one more than there are; a free lock raises RuntimeError, which hides the
    first error ("Lock Objects" in the documentation of `threading`: "When invoked on an unlocked lock, a RuntimeError is
    raised"; the same in all of Python 3.10 to 3.14).

    ```python
    try:
        self._lock.acquire(timeout=5)
        ...
    finally:
        self._lock.release()
    ```

    The finding is an error where the acquire itself may fail or be cancelled, or something in front of it may raise. It
    is a warning where a plain `acquire()` is the first thing in the `try`, which only an exception out of a signal
    handler breaks off, KeyboardInterrupt for one.

    ## How to fix
    Use `with lock:`, or put the acquire in front of the `try`. Where it has to stay inside, keep its answer in a
    variable that is set to False before, and ask that in the `finally`.

    ## What is missed
    A release in an `except` clause. Locks that the body also releases, to take them again. A release in the `finally`
    that stands in a condition, whatever that is.

    ## Fix safety
    Safe. The acquire is put in front of the `try` only where it is the first statement there and no handler
    catches everything, so that what ran with the lock still does.
    """

    code: ClassVar[str] = "CON203"
    name: ClassVar[str] = "acquire-inside-try"
    needles: ClassVar[tuple[str, ...]] = ("acquire",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every acquire that a `finally` takes for granted."""
        from conclint.model.inside_try import hoisted, late_acquires

        for late in late_acquires(module):
            yield Report(
                late.call,
                f"'{late.lock.label}' is taken inside the try whose finally releases it, even when it was not taken",
                (Note(late.release, "the release that also runs without the lock"),),
                hoisted(module, late),
                Severity.ERROR if late.certain else Severity.WARNING,
            )
