"""CON606: a process is stopped by force in the middle of what others share with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel

_DONE = {"get": "taking from", "put": "putting into", "acquire": "holding"}


class TerminateWithSharedQueue(ModuleRule):
    """A process that uses a queue or lock is terminated or killed, and others go on using the queue or lock.

    ## Why

    `terminate()` stops a process wherever it is, and nothing is cleaned up: no `finally`, no end of a `with` block. A
    lock that it held stays locked. A process that waits in `get()` holds the queue's lock for readers all the while,
    so everybody who gets after it waits for ever; one that was putting leaves half an item in the pipe ("Avoid
    terminating processes" in the programming guidelines of `multiprocessing`, and the warnings at `Process.terminate`
    and at "Pipes and Queues"; the same in all of Python 3.10 to 3.14, with every start method).

    ```python
    worker.terminate()          # while it waits in jobs.get()
    left_over = jobs.get()      # for ever: the dead worker holds the lock
    ```

    ## How to fix

    Ask the process to end, by a marker in its queue or by an event, and `join()` it. If it must be stopped by force,
    throw away what it shared, and make new queues and locks for those who go on.

    ## What is missed

    What is used again in another function than the one that stops the process, other processes that are running all
    the time, and pipes. A process that was joined with a timeout before is left alone.
    """

    code = "CON606"
    name = "terminate-with-shared-queue"
    needles = ("terminate", "kill")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every stop by force after which something shared is used again."""
        from conclint.model.cut_off import cut_off

        for found in cut_off(module):
            process, shared = module.label(found.stop.object), module.label(found.use.object)
            yield Report(
                found.stop.node,
                f"'{process}' may be stopped while it is {_DONE[found.use.word]} '{shared}', and what it leaves behind "
                "blocks whoever uses that afterwards",
                notes=(Note(found.use.node, "used by the process here"), Note(found.later, "used again from here on")),
            )
