"""CON301: a wait that believes every wake-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class WaitWithoutLoop(ModuleRule):
    """`Condition.wait()` does not stand in a loop that tests what is waited for.

    ## Why

    A wake-up says that something has changed, not that the predicate holds: `notify_all()` wakes everybody, another
    thread may have been faster, and some implementations wake up for nothing. A notification that comes before the
    wait is not kept either: without a test the thread then waits for ever ("Condition Objects" in the documentation
    of `threading`; the same in all of Python 3.10 to 3.14, and in `multiprocessing` and `asyncio`).

    ```python
    with self.changed:
        if not self.loaves:
            self.changed.wait()
        return self.loaves.pop()    # somebody else took the loaf
    ```

    ## How to fix

    Write `while not self.loaves: self.changed.wait()`, or `self.changed.wait_for(lambda: self.loaves)`.

    ## What is missed

    Functions that do not take the lock themselves and end with the wait: their callers may loop. Waits with a timeout
    behind a test or in a loop, most of which are a pause that can be cut short, unless what is tested is then taken all
    the same. A loop with a test of its own is trusted to test the predicate. A wait without a test is left alone when
    something is done under the lock before it, whose answer can't come too early.

    ## Fix safety

    Unsafe. `if not p: c.wait()` becomes `c.wait_for(lambda: p)`, which goes on waiting where the code went on
    before; that is only right if `p` is the whole of what is waited for.
    """

    code = "CON301"
    name = "wait-without-loop"
    in_tests = False
    needles = ("wait",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every wait whose predicate is not tested again."""
        from conclint.model.waits import unrepeated_waits, wait_for_instead

        for found in unrepeated_waits(module):
            label = module.label(found.condition)
            if found.guard is None:
                message = f"nothing tests what '{label}.wait()' waits for, so what has happened before is missed"
            else:
                message = f"nothing tests again, after '{label}.wait()' returns, what it waited for"
            yield Report(found.call, message, remedy=wait_for_instead(module, found))
