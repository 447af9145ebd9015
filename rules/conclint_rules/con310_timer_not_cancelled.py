"""CON310: a timer that nobody can stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class TimerNotCancelled(ModuleRule):
    """A timer that is no daemon is started, and nobody keeps it who could cancel it.

    ## Why

    A `Timer` is a thread: until its time has come it keeps the program alive ("Timer objects" and "Thread objects" in
    the documentation of `threading`: "The entire Python program exits when no alive non-daemon threads are left"; the
    same in all of Python 3.10 to 3.14). `cancel()` is the only way to stop it, and takes the object. A timer that starts
    the next one never ends.

    ```python
    Timer(3600, expire, args=(seat,)).start()       # paid for meanwhile? it expires all the same
    ```

    ## How to fix

    Keep the timer where the code that makes it needless finds it, and `cancel()` it there; or set `daemon = True` before
    the start.

    ## What is missed

    Timers that are stored, returned or passed on, whether or not anybody cancels them. Delays of up to five seconds,
    unless the timer starts itself again.
    """

    code = "CON310"
    name = "timer-not-cancelled"
    severity = Severity.WARNING
    default = False
    needles = ("Timer",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every timer that is started and let go of."""
        from conclint.model.lives import lost_timers

        for site, start in lost_timers(module):
            made = module.label(site.call.func)
            message = f"nobody can cancel the timer that '{made}' makes, and it keeps the program alive"
            yield Report(site.call, message, (Note(start.node, "started here"),))
