"""CON701: a coroutine that keeps a thread's lock while it lets others run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class LockAcrossAwait(ModuleRule):
    """A coroutine gives way to others (`await`, `async for`, `async with`, `yield`) with a lock of `threading` or
    `multiprocessing` held.

    ## Why

    All coroutines of an event loop run in one thread. While one of them waits with the lock in its hands, the loop
    runs another, and when that one asks for the lock, it stops the thread: the first can never go on and give the
    lock back, and nothing else on the loop runs again. An `RLock` does not block there, and keeps nobody out
    either: both coroutines are the same thread, so the second one simply walks in ("Developing with asyncio" and
    "Synchronization Primitives" in the documentation of `asyncio`: its locks are the ones to use between tasks; the
    same in all of Python 3.10 to 3.14).

    ```python
    with self._lock:
        self._token = await self._fetch()   # the next task that refreshes stops the loop here, for ever
    ```

    ## How to fix

    Use `asyncio.Lock` and `async with`, if the lock stands between coroutines. If threads need it as well, hold it
    only around code without `await`: fetch first, then lock and store.

    ## What is missed

    Generators that old frameworks run as coroutines, locks whose type is not to be seen, and locks that the caller
    of the coroutine holds.
    """

    code = "CON701"
    name = "lock-across-await"
    needles = ("async",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield the first point of each locked region at which other coroutines may run."""
        from conclint.model.awaiting import locked_awaits

        for found in locked_awaits(module):
            label, domain = found.lock.label, found.lock.domain.value
            yield Report(
                found.node,
                f"'{found.function.name}' gives way to other coroutines at this '{found.word}' and keeps '{label}', "
                f"a lock between {'threads' if domain == 'thread' else 'processes'}",
                notes=(Note(found.taken, f"'{label}' is taken here"),),
            )
