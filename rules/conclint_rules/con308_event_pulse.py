"""CON308: an event that is set for a moment only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class EventPulse(ModuleRule):
    """An event is cleared right after it was set, so whoever is not waiting at that moment never sees it.

    ## Why

    `set()` wakes the threads that wait just then. One that is about to wait, or still busy with what the last pulse
    brought, finds the event cleared and waits for a pulse that is over; a test before the wait does not help, because
    the pulse fits between the two ("Event Objects" in the documentation of `threading`; the same in all of Python 3.10
    to 3.14). With `multiprocessing` even those who wait may miss it: `Event.wait()` looks at the flag once more when it
    wakes, and returns False if that is cleared by then.

    ```python
    self.changed.set()
    self.changed.clear()    # a thread that comes to changed.wait() now has missed it
    ```

    ## How to fix

    Leave the event set and let the one who waited clear it. To wake many for each change, keep what has changed under
    a `Condition` and use `notify_all()`; to count what happens, release a `Semaphore` or put items in a queue.

    ## What is missed

    Pulses with something between the two calls, a pause or a log line, and calls in two functions. Events of `asyncio`,
    where no task can run between them.
    """

    code = "CON308"
    name = "event-pulse"
    needles = ("clear",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every pulse."""
        from conclint.model.pulses import pulses

        for pulse in pulses(module):
            label = module.label(pulse.setting.object)
            yield Report(
                pulse.setting.node,
                f"'{label}' is set and cleared at once, so a thread that comes to wait for it later misses it",
                (Note(pulse.clearing.node, f"'{label}' is cleared here"),),
            )
