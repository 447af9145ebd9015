"""CON507: an executor for each call, and nobody ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.model import Primitive
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class ExecutorNotShutDown(ModuleRule):
    """A function, loop or object makes an executor of its own and never shuts it down.

    ## Why

    The workers of an executor end when it is shut down ("Signal the executor that it should free any resources that
    it is using when the currently pending futures are done executing": `Executor.shutdown` in the documentation of
    `concurrent.futures`; the same in all of Python 3.10 to 3.14). Without that they stay until the executor is collected
    as garbage. That can be long: when a task fails, its exception, the traceback's frames and the executor in them keep
    each other alive, and one set of threads is added by each call. And nobody waits: the function may be left with
    its tasks in full swing.

    ```python
    def fetch_all(urls):
        executor = ThreadPoolExecutor(8)
        futures = [executor.submit(fetch, url) for url in urls]
        return [future.result() for future in futures]      # may raise, and leave 8 threads
    ```

    ## How to fix

    Use `with ThreadPoolExecutor(8) as executor:`, or keep one executor for all calls.

    ## What is missed

    Executors that are returned, handed on or used by inner functions, for their end may be elsewhere; those of objects,
    unless the attribute is private and the class has a `close` or the like that forgets it; those of the module and of a
    function `main`, of which there is one; and those that some path shuts down.

    ## Fix safety

    The fix puts the code that uses the executor into a `with` block. It is safe where the function asks for the outcome of
    all tasks itself; elsewhere it is unsafe, because the function then waits for tasks that it used to leave behind.
    """

    code = "CON507"
    name = "executor-not-shut-down"
    severity = Severity.WARNING
    needles = ("Executor",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every executor that is made again and again and left behind."""
        from conclint.model.executors import left_executors, with_block
        from conclint.model.owned import forgotten

        for left in left_executors(module):
            what = f"'{left.name or module.label(left.site.call)}'"
            when = "in each round of a loop" if left.in_loop else f"by each call of '{left.function.name}'"
            message = f"{what} is made {when} and never shut down, so its workers stay until it is collected as garbage"
            yield Report(left.site.call, message, remedy=with_block(module, left))
        for kept in forgotten(module, Primitive.EXECUTOR):
            label, teardown = module.label(kept.attribute), kept.teardown.name
            message = f"'{label}' is never shut down, not even by '{teardown}', so its workers stay"
            yield Report(kept.site.call, message, (Note(kept.teardown.node, f"'{teardown}' leaves it alone"),))
