"""CON302: a condition is used without its lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class NotifyWithoutLock(ModuleRule):
    """A condition is waited for or notified by a thread that does not hold its lock.

    ## Why

    `wait()`, `wait_for()`, `notify()` and `notify_all()` raise RuntimeError then, AssertionError with `multiprocessing`
    ("Condition Objects" in the documentation of `threading`: "If the calling thread has not acquired the lock when this
    method is called, a RuntimeError is raised"; the same in all of Python 3.10 to 3.14). The error ends the thread that
    should have woken the others, and these wait on.

    ```python
    with self.changed:
        self.books.append(book)
    self.changed.notify()       # RuntimeError: cannot notify on un-acquired lock
    ```

    ## How to fix

    Put the change of state and the notification, or the test and the wait, under one `with condition:`.

    ## What is missed

    Functions that another module may call with the lock: private ones that nothing here calls, methods of classes
    with a base that is not known. A function whose name or docstring says that its caller holds the lock
    is believed; so are decorators and context managers that are not known.

    ## Fix safety

    Safe: `condition.notify()` becomes `with condition: condition.notify()`; as it stands it can but raise. Waits are left
    alone, which belong under one `with` with the test before them, and so are helpers that others call with a lock
    that can't be taken twice.
    """

    code = "CON302"
    name = "notify-without-lock"
    needles = ("notify", "wait")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every call that nobody holds the lock for."""
        from conclint.model.conditions import lock_around, unlocked_calls

        for found in unlocked_calls(module):
            label = module.label(found.event.object)
            notes = [Note(entry.node, f"called without the lock of '{label}'") for entry in found.callers]
            yield Report(
                found.event.node,
                f"'{label}.{found.event.method}()' raises {found.exception}: the lock of '{label}' is not held",
                tuple(notes),
                lock_around(module, found),
            )
