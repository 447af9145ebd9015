"""CON204: what is entered or tested is not the lock's state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Change, Remedy, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class AcquireAsContext(ModuleRule):
    """A lock's method is entered, tested or just named where the lock itself, or a call of the method, was meant.

    ## Why

    `acquire()` and `locked()` answer with a bool. `with lock.acquire():` therefore takes the lock and then fails,
    since a bool is no context manager, and nobody releases the lock; `async with lock.acquire():` enters a coroutine and
    fails as well. `if lock.acquire:` asks whether a method is true, which it always is; so is a lock, locked or not.
    `lock.release` without parentheses is no call ("Lock Objects" and "Using locks, conditions, and semaphores in the
    with statement" in the documentation of `threading`; the same in all of Python 3.10 to 3.14).

    ```python
    with self._lock.acquire():      # enters True
        ...
    if first.acquire:               # never false
        ...
    self._lock.release              # does nothing
    ```

    ## How to fix

    Write `with lock:` to take it. To try without waiting, write `if lock.acquire(blocking=False):` and release it in
    a `finally`.

    ## What is missed

    Locks of which it is not known where they were made, and those of other libraries, whose `acquire()` may well
    return a context manager. A lock that may also be None can be tested.

    ## Fix safety

    Safe: `with lock.acquire():` becomes `with lock:`; as it stands it cannot but raise. Tests are left alone.
    """

    code = "CON204"
    name = "acquire-as-context"
    needles = ("acquire", "locked", "Lock", "Semaphore", "Condition")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every test and `with` item that misuses a lock."""
        from conclint.model.lock_misuse import Misuse, misused_locks

        for found in misused_locks(module):
            lock = module.label(found.lock)
            if found.how is Misuse.ENTERED:
                change = Change(found.node, module.code(found.lock))
                word = "async with" if found.coroutine else "with"
                what = "coroutine that" if found.coroutine else "bool that"
                yield Report(
                    found.node,
                    f"'{word}' enters the {what} '{lock}.{found.method}()' returns, not the lock",
                    remedy=None if found.arguments else Remedy(f"use '{word} {lock}:'", (change,), safe=True),
                )
            elif found.how is Misuse.UNCALLED:
                yield Report(found.node, f"'{lock}.{found.method}' is not called, so nothing happens")
            elif found.how is Misuse.METHOD:
                yield Report(
                    found.node, f"'{lock}.{found.method}' is not called, and a method is always true"
                )
            else:
                yield Report(found.node, f"'{lock}' is a lock, which is true whether it is locked or not")
