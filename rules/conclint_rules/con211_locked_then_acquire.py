"""CON211: whether a lock is free is asked first, and then it is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.model import Domain
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class LockedThenAcquire(ModuleRule):
    """A lock is taken only if `locked()` said that it is free, as if nobody could take it in between.

    ## Why
    The answer of `locked()` is out of date when it arrives. Two threads that ask at the same time both hear that the lock is
    free, and both go on to take it: the second waits and then does once more what was to be done once, or hangs
    where it was not to wait ("Lock Objects" in the documentation of `threading`; the same in all of Python 3.10 to
    3.14; the locks of `multiprocessing` have `locked()` from 3.14 on).

    ```python
    if not self._importing.locked():
        with self._importing:       # another thread may be in here by now
            ...
    ```

    ## How to fix
    Ask and take in one step: `if self._importing.acquire(blocking=False):`, with the release in a `finally`.

    ## What is missed
    A question in a loop, which is a wait. Locks that another function takes for this one. For the locks of `asyncio`
    only an `await` between question and acquire counts: nothing else lets others in.
    """

    code: ClassVar[str] = "CON211"
    name: ClassVar[str] = "locked-then-acquire"
    needles: ClassVar[tuple[str, ...]] = ("locked",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every question on whose answer it depends whether its lock is taken."""
        from conclint.model.asked_first import asked_first

        for found in asked_first(module):
            who = "task" if found.lock.domain is Domain.ASYNCIO else "thread"
            yield Report(
                found.question,
                f"another {who} may take '{found.lock.label}' between this question and the acquire",
                (Note(found.taken, "taken here, as if it were still free"),),
            )
