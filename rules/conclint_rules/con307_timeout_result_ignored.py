"""CON307: after a timeout the code goes on as if there had been none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class TimeoutResultIgnored(ModuleRule):
    """A wait has a timeout, nobody asks how it ended, and the code behind it uses what was waited for.

    ## Why

    `Event.wait()` and `Condition.wait()` return False when the time is up, `join()` returns None either way, and
    `is_alive()` tells ("As join() always returns None, you must call is_alive() after join() to decide whether a timeout
    happened", documentation of `threading`; the same in all of Python 3.10 to 3.14). On a slow day the thread is not
    ready in time, and what it should have written is missing, half there, or still changing.

    ```python
    self.loaded.wait(5)
    return self.values["colour"]    # KeyError when it took six seconds
    ```

    ## How to fix

    Look at the answer: `if not self.loaded.wait(5): raise TimeoutError(...)`; after `thread.join(5)` ask `thread.is_alive()`.
    Or wait without a timeout.

    ## What is missed

    Uses in other functions than the one that waits, processes, and what a thread writes other than to globals,
    attributes and captured variables. Waits inside a `while` are left alone: they are pauses, or the loop tests what it
    waits for.
    """

    code = "CON307"
    name = "timeout-result-ignored"
    default = False
    needles = ("wait", "join")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every timeout that the code behind it knows nothing of."""
        from conclint.model.timeouts import unchecked_timeouts

        for found in unchecked_timeouts(module):
            event, used = found.event, found.use.variable.label
            call = f"{module.label(event.object)}.{event.method}()"
            yield Report(
                event.node,
                f"nobody looks whether '{call}' ended by its timeout, and '{used}' is used as if it had not",
                (Note(found.use.node, f"'{used}' is used here"), Note(found.write.node, f"'{used}' is written here")),
            )
