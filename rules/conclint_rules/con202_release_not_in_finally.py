"""CON202: an exception between acquire and release keeps the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class ReleaseNotInFinally(ModuleRule):
    """What stands between `acquire()` and `release()` can raise, and then nobody releases the lock.

    ## Why

    An exception leaves the function at once; a `release()` further down is not reached. The thread that failed is
    gone with a traceback, or its error waits unseen in a future, while all others wait for a lock that nobody holds
    any more ("Using locks, conditions, and semaphores in the with statement" in the documentation of `threading`;
    the same in all of Python 3.10 to 3.14).

    ```python
    self._lock.acquire()
    self.cents = int(text)      # ValueError: the lock stays locked
    self._lock.release()
    ```

    ## How to fix

    Use `with self._lock:` around what needs the lock. Where that does not fit, put `try:` right behind the acquire
    and the release into its `finally:`; an `except` releases for the errors that it names and no others.

    ## What is missed

    What cannot be seen to raise: arithmetic, attributes, logging. Locks that are
    released in another function, unless that is a thread or task for which they were taken or the `__exit__` to the
    `__enter__` that took them, or in a callback, and locks of a collection that is locked in a loop.

    ## Fix safety

    Safe. The fix is only offered where acquire and release are two statements of one block and the only ones, so
    that `with` does the same, and releases on an exception too. It re-indents what stands between them.
    """

    code = "CON202"
    name = "release-not-in-finally"
    in_tests = False
    needles = ("acquire",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every acquire that is undone unless something raises."""
        from conclint.model.handed_leaks import handed_leaks, kept_at_exit
        from conclint.model.rewriting import with_instead

        for leak in module.leaks:
            if leak.explicit:
                continue
            cause = "something" if leak.culprit is None else f"'{module.label(leak.culprit)}'"
            yield Report(
                leak.acquire,
                f"'{leak.lock.label}' stays locked when {cause} raises before the release",
                notes=(Note(leak.releases[0], "the release that is not reached"),),
                remedy=with_instead(module, leak),
            )
        for handed in handed_leaks(module):
            yield Report(
                handed.release,
                f"'{handed.lock.label}', taken for '{handed.function.name}' before that is started, stays taken "
                f"when '{module.label(handed.culprit)}' raises before this release",
                notes=(Note(handed.acquire, "taken here, for the thread to give back"),),
            )
        for handed in kept_at_exit(module):
            yield Report(
                handed.release,
                f"'{handed.lock.label}' stays locked when '{module.label(handed.culprit)}' raises before this release",
                notes=(Note(handed.acquire, "taken here, by the other half of the 'with'"),),
            )
