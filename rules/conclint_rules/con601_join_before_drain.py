"""CON601: waiting for a process before taking what it has put into a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class JoinBeforeDrain(ModuleRule):
    """A process is joined before what it has put into a `multiprocessing` queue has been taken out.

    ## Why

    Behind such a queue is a pipe, which holds some 64 kB. What does not fit waits in the child, and the child does not
    end before it has got rid of all of it. The parent that waits for the child's end does not empty the pipe: both wait
    for ever. With little data it works, and stops doing so on the day when there is more ("Joining processes that use
    queues" in the programming guidelines of `multiprocessing`; the same in all of Python 3.10 to 3.14, with every
    start method).

    ```python
    worker = Process(target=work, args=(results,))
    worker.start()
    worker.join()               # waits for the worker, which waits for somebody to get
    print(results.get())
    ```

    ## How to fix

    Take first, then join. Where it is not known how many items there are, let the child put a marker at the end.

    ## What is missed

    Queues that are emptied in another function than the one that joins, or not at all, and those that code gets that is
    not to be seen. Pools.
    """

    code = "CON601"
    name = "join-before-drain"
    needles = ("join",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every join that comes before the first take."""
        from conclint.model.draining import early_joins

        for found in early_joins(module):
            queue, process = module.label(found.put.object), module.label(found.join.object)
            yield Report(
                found.join.node,
                f"'{process}' may not end before somebody takes what it has put into '{queue}', which is only done "
                "after this wait",
                notes=(Note(found.put.node, "put here"), Note(found.take, "taken here, too late")),
            )
