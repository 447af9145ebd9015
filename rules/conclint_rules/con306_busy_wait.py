"""CON306: a loop that waits by asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class BusyWait(ModuleRule):
    """A loop asks again and again whether something has happened, where a call would sleep until it has.

    ## Why

    Without a pause the loop keeps a processor busy, and with the global interpreter lock it takes every other turn
    from the very thread that it waits for. With a pause it comes late by up to that pause, and still wakes for
    nothing all the time. `Event.wait()`, `Thread.join()`, `Queue.get()` and their like sleep until the answer changes and
    return at once then (documentation of `threading`, `queue` and `multiprocessing`; the same in all of Python 3.10 to
    3.14).

    ```python
    while not self.ready.is_set():
        time.sleep(0.1)     # self.ready.wait()
    ```

    ## How to fix

    Call the method that waits: `wait()`, `join()`, `get()`; with a timeout where there is a limit. In place of a plain
    variable use an `Event`.

    ## What is missed

    Variables that are asked for with a pause in between, loops that wait for one of several things or do their work
    as well, and `if queue.empty(): time.sleep(1); continue`. Loops with a pause inside `try ... except KeyboardInterrupt`, and
    in modules that handle signals, are left alone: on Windows not every wait ends for a signal, and a handler that
    sets the event which its thread waits for can find the event's lock taken.
    """

    code = "CON306"
    name = "busy-wait"
    severity = Severity.WARNING
    in_tests = False
    needles = ("while",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every loop that does nothing but ask."""
        from conclint.model.polling import busy_waits

        for wait in busy_waits(module):
            question = module.label(wait.question)
            if wait.object is None:
                message = f"the loop asks for '{question}' without a pause until other code changes it"
            else:
                instead = f"{module.label(wait.object)}.{wait.instead}()"
                message = f"the loop asks '{question}' over and over, where '{instead}' would sleep until it is so"
            yield Report(wait.question, message)
