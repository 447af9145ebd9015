"""CON205: a lock that is made where it is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class InlineLock(ModuleRule):
    """A lock is made in the expression that takes it, so nobody else can ever hold it.

    ## Why

    A lock keeps out those who use the same lock. `with threading.Lock():` makes a new one each time; it is always
    free, and every thread walks in ("Lock Objects" in the documentation of `threading`; the same in all of Python
    3.10 to 3.14). `locks.get(key, Lock())` is such a lock too whenever the key is not there, and so is what a function
    or property gives that makes one each time.

    ```python
    def handle():
        with threading.Lock():      # locks nobody out
            ...
    ```

    ## How to fix

    Make the lock once, at the top of the module or in `__init__`, and take that one. For one lock per key use
    `locks.setdefault(key, Lock())`.

    ## What is missed

    A lock that is made in the function and given a name first, which another rule is about. Functions of other modules
    that make one, and those that make more than a lock.
    """

    code = "CON205"
    name = "inline-lock"
    in_tests = False
    needles = ("Lock", "allocate_lock", "Semaphore", "Condition")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every lock that is taken where it is made."""
        from conclint.model.inline_locks import inline_locks

        for found in inline_locks(module):
            notes = () if found.made is None else (Note(found.made, "made here"),)
            yield Report(found.node, f"'{module.label(found.node)}' makes a new lock each time, which keeps nobody out", notes)
