"""CON201: some way out of a function keeps its lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class AcquireWithoutRelease(ModuleRule):
    """A path leaves the function with the lock held, though another path releases it.

    ## Why

    A lock that is taken with `acquire()` stays locked until somebody calls `release()`; leaving the function does
    not do that. An early `return`, a `raise`, a `break` or a `continue` between the two jumps over the release, and
    the next thread that wants the lock waits for ever ("Lock Objects" and "Using locks, conditions, and semaphores
    in the with statement" in the documentation of `threading`; the same in all of Python 3.10 to 3.14).

    ```python
    self._lock.acquire()
    if wanted > self.seats:
        return False            # the lock is still held
    self.seats -= wanted
    self._lock.release()
    ```

    ## How to fix

    Take the lock with `with self._lock:`. Where that does not fit, put `try:` right behind the acquire and the
    release into its `finally:`.

    ## What is missed

    Functions that never release the lock, or whose name says that they are there to take it (`__enter__`,
    `acquire`, `lock_all`). Locks that another function releases without having taken them: there the duty may have
    been handed over. Locks taken in a loop over many locks. Functions too large to follow every path.
    """

    code = "CON201"
    name = "acquire-without-release"
    needles = ("acquire",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every acquire that an explicit way out does not undo."""
        for leak in module.leaks:
            if leak.explicit:
                where = f"'{leak.function.qualified_name}'" if leak.function.name else "the module's code"
                notes = [Note(leak.way_out, "this way out keeps it")] if leak.way_out is not None else []
                yield Report(
                    leak.acquire,
                    f"a path through {where} ends with '{leak.lock.label}' still held",
                    notes=(*notes, Note(leak.releases[0], "another path releases it here")),
                )
