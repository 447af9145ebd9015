"""CON311: a waiter that nobody sits on any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class WaiterLeftBehind(ModuleRule):
    """A call queues up a condition or event of its own, and leaves it in the queue when its wait has timed out.

    ## Why
    Whoever has something to give takes the first of the queue and wakes it. A waiter that has given up is still there, so the
    wake-up goes to nobody, and a thread that does wait behind it goes on waiting, for its own timeout or for ever, while what it
    waits for lies there. `notify` does not tell how many were woken ("Condition Objects" in the documentation of `threading`;
    all versions); `threading.Condition.wait` itself takes its waiter out of the queue when the timeout has passed.

    ```python
    ready = threading.Event()
    self._waiters.append(ready)
    if not ready.wait(timeout):
        raise TimeoutError               # `ready` is still the first of the waiters
    ```

    ## How to fix
    Take it out on every way: in a `finally`, or before the exception is raised. Or wait with one
    `threading.Condition` for all, which keeps such a queue itself.

    ## What is missed
    Waiters in objects of their own, queues in local variables, futures of `asyncio`, and exceptions that anything
    but a `raise` of the function lets out. Where all waiters are woken at once, one too many does no harm.
    """

    code: ClassVar[str] = "CON311"
    name: ClassVar[str] = "waiter-left-behind"
    needles: ClassVar[tuple[str, ...]] = ("append", "add", "insert", "setdefault", "heappush")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield the ends of functions that leave their waiter in the queue."""
        from conclint.model.left_waiters import left_waiters

        for found in left_waiters(module):
            waiter, queue = module.label(found.waiter), module.label(found.queue)
            notes = (
                Note(found.queued, f"'{waiter}' is put into '{queue}' here"),
                Note(found.wait, "this wait may time out"),
                Note(found.picked, "one waiter is taken here, to be woken"),
            )
            message = f"'{waiter}' stays in '{queue}' when its wait has timed out, and the next wake-up goes to it"
            yield Report(found.end, message, notes)
