"""CON210: an acquire may fail, and nobody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class AcquireResultIgnored(ModuleRule):
    """An `acquire` that may give up is followed by the protected code, whether it got the lock or not.

    ## Why
    `acquire(timeout=5)` and `acquire(blocking=False)` answer with False when they come back without the lock. Who does not
    look at the answer goes on all the same: two threads are inside at once, and the `release()` at the end either
    opens the lock for a third one while its owner is still at work, or raises ("Lock Objects" and "Semaphore
    Objects" in the documentation of `threading`; the same in `multiprocessing`, and in all of Python 3.10 to 3.14).

    ```python
    self._lock.acquire(timeout=5)   # False after five seconds, unheard
    self.seats -= wanted
    self._lock.release()
    ```

    ## How to fix
    Ask: `if not self._lock.acquire(timeout=5): raise TimeoutError(...)`. Where no limit is needed, write
    `with self._lock:`.

    ## What is missed
    Locks that another function releases without having taken them, as signals are given: there the acquire is a
    pause, and its answer may not matter. Limits and flags in a variable that may also say "for ever". An acquire
    with nothing to protect behind it.
    """

    code: ClassVar[str] = "CON210"
    name: ClassVar[str] = "acquire-result-ignored"
    needles: ClassVar[tuple[str, ...]] = ("acquire",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every acquire that may fail unheard before something is done that needs the lock."""
        from conclint.model.tries import ignored_tries

        for found in ignored_tries(module):
            notes: tuple[Note, ...] = ()
            if found.release is not None:
                notes = (Note(found.release, "given back here, whether it was taken or not"),)
            yield Report(
                found.call, f"'{module.label(found.call)}' may return False, and what follows runs without the lock", notes
            )
