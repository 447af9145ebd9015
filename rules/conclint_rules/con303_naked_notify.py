"""CON303: a notification that leaves no trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class NakedNotify(ModuleRule):
    """A condition is notified with nothing changed, and those who wait test nothing: who comes later waits for ever.

    ## Why

    `notify()` wakes threads that wait at this moment; when there are none it does nothing, and nothing is kept ("Condition
    Objects" in the documentation of `threading`: "it is a no-op if no threads are waiting"; the same in all of Python 3.10
    to 3.14). A condition has no memory. The state that is changed and tested under its lock is what makes a
    notification count that came first.

    ```python
    with self.bell:
        self.bell.notify_all()      # nobody waits yet
    ...
    with self.bell:
        self.bell.wait()            # for ever
    ```

    ## How to fix

    Change some state under the lock before the notification, and wait with `wait_for(lambda: state)`; or use an `Event`,
    which stays set, or a `Semaphore`, which counts.

    ## What is missed

    Conditions that are used out of sight: passed on, public in a module that others may import. Where the notifying code
    changes or calls anything that may be state, or one wait tests anything or has a timeout, the rule is silent; CON301
    speaks of single waits without a test.
    """

    code = "CON303"
    name = "naked-notify"
    needles = ("notify",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every notification that nobody can find later."""
        from conclint.model.notifications import naked_notifies

        for found in naked_notifies(module):
            label = module.label(found.notify.object)
            yield Report(
                found.notify.node,
                f"'{label}.{found.notify.method}()' is lost when nobody waits yet: it comes with no change, "
                "and no wait tests anything",
                tuple(Note(wait, "waits without a test") for wait in found.waits),
            )
