"""CON506: a task that waits for its own pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class NestedWaitDeadlock(ModuleRule):
    """A task waits for the result of another task that it has given to the pool which runs it.

    ## Why

    "Deadlocks can occur when the callable associated with a Future waits on the results of another Future"
    ("ThreadPoolExecutor" in the documentation of `concurrent.futures`, with this case as its example; the same in all of
    Python 3.10 to 3.14). The task holds a thread of the pool while it waits, and the other task needs one. As soon as
    every thread is held by a task that waits, none is left for those that are waited for, and all of them wait for ever.

    ```python
    def load(page):
        return [f.result() for f in [executor.submit(fetch, link) for link in page.links]]

    list(executor.map(load, pages))     # as many pages as threads, and nothing moves
    ```

    ## How to fix

    Give the inner tasks to a pool of their own, do them in the task itself, or let the outer tasks return what there is to
    do next and submit that from outside.

    ## What is missed

    Pools of processes, tasks of other modules, futures that are handed on before they are waited for. Waits with a
    timeout, and tasks of which there can't be enough to hold all threads, are left alone.
    """

    code = "CON506"
    name = "nested-wait-deadlock"
    needles = ("Executor", "Pool")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every wait of a task for another task of its pool."""
        from conclint.model.nested_waits import nested_waits

        for found in nested_waits(module):
            pool = module.label(found.pool)
            message = f"'{found.task.name}' runs in a thread of '{pool}' and waits here for another thread of '{pool}'"
            notes = [Note(found.outer, f"'{found.task.name}' is given to '{pool}' here")]
            if found.wait is not found.inner:
                notes.append(Note(found.inner, f"the task that is waited for is given to '{pool}' here"))
            yield Report(found.wait, message, tuple(notes))
