"""CON501: a pool that nobody ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.model import Primitive
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class PoolNotJoined(ModuleRule):
    """A pool of workers is never closed, closed and not joined, or left to a `__del__` to close and join.

    ## Why

    A `Pool` has to be closed or terminated; leaving that to the garbage collector can hang the program at its end,
    and since Python 3.8 gives a `ResourceWarning`. `close()` alone waits for nobody: the workers are daemons and are
    killed at the program's exit, in the middle of what they do. `join()` on a pool that is still open raises
    `ValueError` ("Process Pools" in the documentation of `multiprocessing`; the same in all of Python 3.10 to 3.14).
    `__del__` is called late, at the interpreter's exit, not at all, or by a thread of the pool itself, which can't wait for
    itself ("object.__del__" in the Language Reference).

    ```python
    pool = Pool(2)
    for name in names:
        pool.apply_async(print_letter, (name,))
    pool.close()            # and nobody waits
    ```

    ## How to fix

    Use `with Pool(2) as pool:` and fetch all results inside it, or call `close()` and then `join()`, best in a
    `finally`.

    ## What is missed

    Pools that are returned, passed on or stored in a container that others have: their end may be elsewhere. Pools in
    attributes, unless the attribute is private and the class has a `close` or the like that forgets it. Whether `close()` and
    `join()` are reached on every path.

    A pool that is closed and not joined is left alone where all results have been fetched: nothing is lost.

    ## Fix safety

    Unsafe. The fix adds the missing `join()`, or the `close()` before a `join()`; the program then waits for tasks
    that it used to abandon.
    """

    code = "CON501"
    name = "pool-not-joined"
    needles = ("Pool",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every pool that stays behind."""
        from conclint.model.owned import forgotten, left_to_finalizers
        from conclint.model.pools import end_instead, open_pools

        for pool in open_pools(module):
            what = f"'{pool.name}'" if pool.name else f"'{module.label(pool.site.call)}'"
            if pool.close is not None:
                message = f"{what} is closed and never joined, so nobody waits for its workers"
            elif pool.join is not None:
                message = f"{what} is never closed, so its 'join()' raises ValueError"
            else:
                message = f"{what} is never closed or terminated, so its workers stay"
            yield Report(pool.site.call, message, remedy=end_instead(module, pool))
        for kept in forgotten(module, Primitive.POOL):
            label, teardown = module.label(kept.attribute), kept.teardown.name
            message = f"'{label}' is never closed or terminated, not even by '{teardown}'"
            yield Report(kept.site.call, message, (Note(kept.teardown.node, f"'{teardown}' leaves it alone"),))
        for left in left_to_finalizers(module):
            label = module.label(left.pool)
            message = f"only '__del__' ends '{label}', and may be called late, never, or by a thread of '{label}'"
            yield Report(left.join, message, severity=Severity.WARNING)
