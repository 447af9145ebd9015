"""CON503: a task whose failure nobody can see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class ResultDropped(ModuleRule):
    """Nobody asks the result of `submit`, `apply_async` or `map_async`, and the task's exception is lost.

    ## Why

    What a task raises is kept in the future or result object that the call returned, and shown only to those who
    ask it ("Future Objects" in the documentation of `concurrent.futures`; "Process Pools" in that of
    `multiprocessing`; the same in all of Python 3.10 to 3.14). When the object is thrown away, kept in a variable, list
    or private attribute that nobody reads, or replaced by the next one, nobody learns that the task failed: no
    traceback, no message.

    ```python
    for name in names:
        pool.submit(copy, name)     # FileNotFoundError vanishes
    ```

    ## How to fix

    Keep the results and call `result()`, `exception()` or `get()` on each, or give an `error_callback` or a done
    callback. A task that catches and logs every exception itself is fine, too.

    ## What is missed

    Results that other code is given and never asks, results that are only waited for, and tasks of which it
    is not known what they do: parameters, functions with decorators of their own.
    """

    code = "CON503"
    name = "result-dropped"
    in_tests = False
    needles = ("submit", "_async")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every task whose outcome is thrown away."""
        from conclint.model.results import dropped_results

        for found in dropped_results(module):
            pool, task = module.label(found.pool), module.label(found.task)
            if found.last_only:
                message = f"only the last result of '{task}' in '{pool}' is kept, an exception in an earlier one is lost"
            elif found.kept is not None:
                kept = module.label(found.kept)
                message = f"nobody asks '{kept}' for the result of '{task}' in '{pool}', so any exception that it raises is lost"
            else:
                message = f"the result of '{task}' in '{pool}' is dropped, and with it any exception that it raises"
            yield Report(found.call, message)
