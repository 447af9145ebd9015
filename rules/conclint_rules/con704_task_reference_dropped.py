"""CON704: a task that nobody keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class TaskReferenceDropped(ModuleRule):
    """What `create_task`, `ensure_future` or `run_coroutine_threadsafe` gives back is thrown away.

    ## Why

    "Save a reference to the result of this function, to avoid a task disappearing mid-execution. The event loop only keeps
    weak references to tasks. A task that isn't referenced elsewhere may get garbage collected at any time, even before
    it's done" (`asyncio.create_task` in the Library Reference; the same in all of Python 3.10 to 3.14). A task that waits for
    something which only it knows of is gone with the next collection. What a task raises is told by a message, but not
    before the task is collected. What a coroutine raises that another thread handed over with
    `run_coroutine_threadsafe` is told by nothing at all: it is in the future, and the future is gone.

    ```python
    async def handle(request):
        asyncio.create_task(audit(request))     # may never be done
    ```

    ## How to fix

    Use an `asyncio.TaskGroup` (Python 3.11), await the task before the function ends, or keep it in a set and give it a
    callback that takes it out: `tasks.add(task)`, `task.add_done_callback(tasks.discard)`. Keep the future of
    `run_coroutine_threadsafe`, and ask it for its `result()`.

    ## What is missed

    Tasks that are stored and forgotten, `ensure_future` of a coroutine that is not seen to be one, and
    `run_coroutine_threadsafe` of coroutines of which it is not known whether they may raise.
    """

    code = "CON704"
    name = "task-reference-dropped"
    in_tests = False
    needles = ("create_task", "ensure_future", "run_coroutine_threadsafe")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every task that nobody keeps."""
        from conclint.model.tasks import dropped_tasks

        for found in dropped_tasks(module):
            coroutine = module.label(found.coroutine)
            if found.errors_only:
                message = f"the future of '{coroutine}' is dropped, and with it any exception that the coroutine raises"
                yield Report(found.call, message)
            else:
                message = f"nobody keeps the task of '{coroutine}', which may be collected as garbage before it is done"
                yield Report(found.call, message, severity=Severity.WARNING)
