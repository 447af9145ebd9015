"""CON504: a loop that waits for each task before it submits the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class SerialisedSubmit(ModuleRule):
    """A loop waits for the result of each task before it submits the next, so only one worker has work.

    ## Why

    `result()`, `get()` and `Pool.apply` block until the task is done ("If the call hasn't yet completed then this
    method will wait": "Future Objects" in the documentation of `concurrent.futures`; "apply() blocks until the result
    is ready": "Process Pools" in that of `multiprocessing`; the same in all of Python 3.10 to 3.14). A loop that waits
    in the round in which it submits has one task at a time in the pool: all other workers are idle, the program is no
    faster than without the pool, and tasks that wait for each other wait for ever.

    ```python
    sizes = [pool.submit(fetch, url).result() for url in urls]    # one at a time
    ```

    ## How to fix

    Submit everything first, then ask: `futures = [pool.submit(fetch, url) for url in urls]` and
    `[future.result() for future in futures]`; or use `pool.map`.

    ## What is missed

    `while` loops, and loops over what is waited for in other ways. Loops that may stop early, pace themselves by
    sleeping or waiting for something else, or hand what a task returned to a later one are left alone, and so are pools
    with one worker, pools of unknown origin, and waits with a timeout.

    ## Fix safety

    Unsafe. The fix submits all tasks before it waits for the first; they then run at the same time, in any order, and
    all of them even if one fails.
    """

    code = "CON504"
    name = "serialised-submit"
    severity = Severity.WARNING
    needles = ("submit", "apply")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every submission that is waited for in the same round of a loop."""
        from conclint.model.serial import serial_tasks, submit_first

        for found in serial_tasks(module):
            task, pool = module.label(found.task), module.label(found.pool)
            message = f"'{pool}' runs '{task}' one at a time: each round of the loop waits for its task with '{found.waits_by}()'"
            yield Report(found.call, message, remedy=submit_first(module, found))
