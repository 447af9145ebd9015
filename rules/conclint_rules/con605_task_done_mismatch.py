"""CON605: items of a queue that are not counted, or counted twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel

_SAID = {
    "next": "'{queue}.task_done()' is not called for this item on every way to the next one",
    "last": "'{queue}.task_done()' is not called for the item that ends this consumer",
    "failed": "'{queue}.task_done()' is not called for this item when {culprit} raises",
    "twice": "'{queue}.task_done()' is called for the same item a second time here",
}


class TaskDoneMismatch(ModuleRule):
    """A consumer of a queue can take an item without calling `task_done()` for it, or calls it twice.

    ## Why

    `queue.join()` waits until `task_done()` has been called once for every item that was ever put. One call that is
    left out (an exception, a `continue`, the marker that tells the consumer to stop) and it never returns; one too
    many and it returns too early, or `task_done()` raises ValueError ("Queue objects" in the documentation of
    `queue`, the same in `multiprocessing.JoinableQueue` and `asyncio.Queue`, in all of Python 3.10 to 3.14).

    ```python
    while True:
        job = jobs.get()
        run(job)                # when this raises ...
        jobs.task_done()
    ...
    jobs.join()                 # ... this waits for ever
    ```

    ## How to fix

    Put what is done with the item into `try:` and `task_done()` into its `finally:`. A marker that ends the consumer
    is an item like any other, unless nobody joins after it was put.

    ## What is missed

    Consumers that collect items before they count them, and those that take and count in different functions.
    Exceptions where no `join()` is to be seen.

    ## Fix safety

    Safe. What stands between taking the item and `task_done()` in one block goes into a `try`, and `task_done()` into
    its `finally`, so it is called once for the item whatever happens. An item that ends the consumer is counted then too.
    """

    code = "CON605"
    name = "task-done-mismatch"
    needles = ("task_done",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every place that takes an item which is not counted once."""
        from conclint.model.task_done import finally_instead, miscounts

        for found in miscounts(module):
            twice = found.slip.value == "twice"
            notes = [Note(found.take.call, "the item is taken here") if twice else Note(found.done, "counted here")]
            if found.join is not None:
                notes.append(Note(found.join, "this waits until all items are counted"))
            queue = module.label(found.take.queue)
            culprit = "something" if found.culprit is None else f"'{module.label(found.culprit)}'"
            yield Report(
                found.done if twice else found.take.call,
                _SAID[found.slip.value].format(queue=queue, culprit=culprit),
                notes=tuple(notes),
                remedy=finally_instead(module, found),
                severity=Severity.ERROR if twice or found.join is not None else Severity.WARNING,
            )
