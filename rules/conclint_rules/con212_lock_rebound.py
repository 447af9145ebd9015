"""CON212: a new lock in the place of one that threads may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class LockRebound(ModuleRule):
    """A lock is replaced while threads may hold it, or made by whichever thread first finds it missing.

    ## Why
    A lock excludes those who take the same object. Who holds the old one is not noticed by those who take the new
    one, and its release may hit the new one, which it does not hold: RuntimeError ("Lock Objects" in the documentation
    of `threading`; the same in all of Python 3.10 to 3.14). The same happens where a lock is made on first use:
    two threads that both find none each make one, and both are inside.

    ```python
    def reset(self):
        self._lock = threading.Lock()       # a thread may be inside, under the old one

    def _ensure_lock(self):
        if self._lock is None:
            self._lock = threading.Lock()   # two threads may get here
    ```

    ## How to fix
    Make the lock once, in the constructor or at the top of the module, and keep it; a reset takes it. Where it must
    be made late, make it under another lock that is there from the start.

    ## What is missed
    Locks that nothing in the module takes. Functions whose name or calls say that they begin something (`start`,
    `open`, `setup`), or whose text speaks of forks, process ids or pickling: there no thread is expected. Locks of
    `asyncio`.
    """

    code: ClassVar[str] = "CON212"
    name: ClassVar[str] = "lock-rebound"
    needles: ClassVar[tuple[str, ...]] = ("Lock", "Semaphore", "Condition")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every place that puts a new lock where others take one."""
        from conclint.model.rebinding import rebound_locks

        for found in rebound_locks(module):
            label = found.lock.label
            notes = [Note(found.taken, f"'{label}' is taken here")]
            if found.first is None:
                message = f"two threads that call '{found.function.name}' at once each make a '{label}' of their own"
            else:
                message = f"'{label}' is replaced while another thread may hold it"
                notes.insert(0, Note(found.first, "made here first"))
            yield Report(found.node, message, tuple(notes))
