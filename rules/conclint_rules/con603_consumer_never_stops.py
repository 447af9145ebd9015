"""CON603: a consumer that waits for items for ever, and keeps the program from ending."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class ConsumerNeverStops(ModuleRule):
    """A thread or process that is no daemon takes items from a queue in a loop that nothing can end.

    ## Why

    The program ends when its last thread has ended that is no daemon, and when its child processes have ended that are
    none. A consumer that waits in `get()` for one more item never does. The main thread has long finished, and the
    program still stands there ("Daemon threads" under "Thread Objects" in the documentation of `threading`, "Joining
    processes that use queues" in that of `multiprocessing`; the same in all of Python 3.10 to 3.14).

    ```python
    def work():
        while True:
            print(jobs.get())       # no way out of this loop

    Thread(target=work).start()
    ```

    ## How to fix

    Agree on a marker that means "no more": `if job is None: break`, and put one for each consumer. From Python 3.13 on
    `jobs.shutdown()` makes `get()` raise `queue.ShutDown`. Where a consumer may be cut off in the middle of its work,
    make it a daemon.

    ## What is missed

    Consumers of which it is not known whether they are daemons, tasks of pools and executors, and loops with a
    condition that nobody ever changes.
    """

    code = "CON603"
    name = "consumer-never-stops"
    severity = Severity.WARNING
    needles = ("get",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every get that such a consumer waits in."""
        from conclint.model.consumers import endless_consumers

        for found in endless_consumers(module):
            what = "process" if found.root.where.value == "process" else "thread"
            yield Report(
                found.get.node,
                f"'{found.function.name}' takes from '{module.label(found.get.object)}' for ever, and the program can't "
                f"end before this {what} does",
                notes=(Note(found.root.node, f"a {what} that is no daemon runs it"),),
            )
