"""CON206: every call has a lock of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class LockPerCall(ModuleRule):
    """A function makes a lock, takes it around something shared, and forgets it: no other call ever meets it.

    ## Why
    A lock keeps out those who take the same lock. One that is made in the function is new in every call and every
    thread, so it is always free, and all of them are inside at once ("Lock Objects" in the documentation of `threading`;
    the same in all of Python 3.10 to 3.14).

    ```python
    def write_entry(self, text):
        lock = threading.Lock()     # each thread has one to itself
        with lock:
            self.journal.append(text)
    ```

    ## How to fix
    Make the lock where the shared thing is made: at the top of the module, in the class, or in `__init__`. If nothing
    is shared, drop it.

    ## What is missed
    Locks that a function inside uses, even if no thread runs it. Locks made by a function of another module, unless its
    name says that it makes one (`create_lock()`). Things that only functions called under the lock share.
    """

    code: ClassVar[str] = "CON206"
    name: ClassVar[str] = "lock-per-call"
    needles: ClassVar[tuple[str, ...]] = ("Lock", "lock", "Semaphore", "Condition", "utex")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every lock that is made, taken and forgotten in one call."""
        from conclint.model.per_call import locks_per_call

        for found in locks_per_call(module):
            yield Report(
                found.made,
                f"each call of '{found.function.name}' makes its own '{found.lock.label}', "
                f"which keeps no other thread away from '{found.label}'",
                (Note(found.guarded, f"'{found.label}' is used under it here"),),
            )
