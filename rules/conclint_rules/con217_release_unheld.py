"""CON217: a lock is given back that is not held."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class ReleaseUnheld(ModuleRule):
    """A lock is released on a path that has released it already, or has not taken it.

    ## Why
    The second release of a lock either raises RuntimeError (ValueError or AssertionError for the locks of
    `multiprocessing`), or, where another thread has taken the lock in between, takes it away from that thread: a `Lock`
    may be released by anybody ("Lock Objects" and "RLock Objects" in the documentation of `threading`; the same in
    all of Python 3.10 to 3.14).

    ```python
    self._lock.acquire()
    try:
        if price > self.coins:
            self._lock.release()
            return False            # finally releases it again
        ...
    finally:
        self._lock.release()
    ```

    ## How to fix
    Release in one place, the `finally`, or use `with`. Where only some paths take the lock, remember in a variable
    whether this one did.

    ## What is missed
    Semaphores, whose permits may be given by anybody. Locks that one function takes and another gives back. A release
    that stands in a condition of its own, which may well say when the lock is held.
    """

    code: ClassVar[str] = "CON217"
    name: ClassVar[str] = "release-unheld"
    needles: ClassVar[tuple[str, ...]] = ("release",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every release that some path makes without the lock."""
        from conclint.model.unheld import unheld_releases

        for found in unheld_releases(module):
            label = found.lock.label
            when = f" when '{module.label(found.culprit)}' raises" if found.culprit is not None else ""
            if found.by_with:
                message = f"'{label}' is released inside its own 'with', which releases it again{when}"
                note = "the 'with' that releases it again"
            elif found.twice:
                message = f"a path releases '{label}' that has released it already"
                if when:
                    message = f"'{label}' is released a second time{when}"
                note = "released here before"
            else:
                message = f"a path releases '{label}' without having taken it"
                note = "only another path takes it, here"
            yield Report(found.release, message, (Note(found.before, note),))
