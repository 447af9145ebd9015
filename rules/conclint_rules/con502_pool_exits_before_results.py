"""CON502: a with block that terminates its pool before the tasks are done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class PoolExitsBeforeResults(ModuleRule):
    """The `with` block of a pool ends, and terminates the workers, before anybody has waited for its tasks.

    ## Why

    Leaving `with Pool() as pool:` calls `terminate()`, which stops the workers "immediately without completing
    outstanding work" ("Process Pools" in the documentation of `multiprocessing`; the same in all of Python 3.10 to
    3.14). That is unlike an executor, whose `with` waits. `apply_async`, `map_async`, `starmap_async`, `imap` and
    `imap_unordered` return at once, so what they have handed over is dropped, and a `get()` or a loop over the iterator
    behind the block waits for ever.

    ```python
    with Pool() as pool:
        result = pool.map_async(square, numbers)
    print(result.get())     # never returns
    ```

    ## How to fix

    Fetch the results inside the block, or call `close()` and `join()` on the pool as its last lines.

    ## What is missed

    Results that the block stores in an object or hands to other code, and blocks that also call something of which it is
    not known whether it waits. Pools that are entered by an `ExitStack`.
    """

    code = "CON502"
    name = "pool-exits-before-results"
    needles = ("_async", "imap")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every task that a block hands over and nothing in the block waits for."""
        from conclint.model.pool_blocks import tasks_cut_short

        for found in tasks_cut_short(module):
            pool, task = module.label(found.pool), module.label(found.task)
            message = f"the 'with' block ends without waiting for '{task}', and terminates the workers of '{pool}'"
            notes = [Note(found.block.items[0], f"leaving the block terminates '{pool}'")]
            if found.asked is not None:
                notes.append(Note(found.asked, "the result is taken here, when the block has ended"))
            yield Report(found.call, message, tuple(notes))
