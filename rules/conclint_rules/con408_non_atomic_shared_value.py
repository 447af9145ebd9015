"""CON408: a shared value that is changed without its lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class NonAtomicSharedValue(ModuleRule):
    """A `multiprocessing.Value` or an element of an `Array` is read, changed and written back by several processes or
    threads, and none of them holds its lock.

    ## Why

    `value.value += 1` takes the value's lock twice: once to read, once to write. In between it is free, so another
    process reads the same old number, and one of the two updates is lost ("Operations like += which involve a read
    and write are not atomic", `multiprocessing.Value` in the documentation of `multiprocessing`; the same in all of
    Python 3.10 to 3.14, with every start method).

    ```python
    def work(done):                 # four processes run this
        done.value += 1             # at the end it says 3, or 2
    ```

    ## How to fix

    Hold the lock that the value has: `with done.get_lock(): done.value += 1`.

    ## What is missed

    Values of which it is not to be seen that several get the same one, values that were made without a lock, an
    element with an index that each worker may have for itself, and updates that go through a local variable.

    ## Fix safety

    Safe where the new value is computed without a call: the lock is then held for the update alone. Unsafe where
    a call is part of it: others wait as long as it takes.
    """

    code = "CON408"
    name = "non-atomic-shared-value"
    needles = ("Value", "Array")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every update that another one can get in between of."""
        from conclint.model.shared_values import locked_instead, lost_updates

        for update in lost_updates(module):
            name, other = update.function.name, update.other.name
            meanwhile = "which several run at once" if name == other else f"while '{other}' may do the same"
            notes = [Note(update.site.call, "the shared value is made here")]
            notes += [Note(root.node, "handed over here") for root in dict.fromkeys(update.runners)]
            yield Report(
                update.statement,
                f"'{module.label(update.target)}' is read and written back in '{name}', {meanwhile}, "
                f"without the lock of '{module.label(update.value)}'",
                notes=tuple(notes),
                remedy=locked_instead(module, update),
            )
