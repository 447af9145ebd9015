"""CON508: a map whose outcome nobody goes through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class LazyMapIgnored(ModuleRule):
    """The iterator of `executor.map` or `pool.imap` is never gone through, so nobody learns what failed.

    ## Why

    `Executor.map` and `Pool.imap` hand all tasks over at once and return an iterator; what a task raises comes out when
    its item is asked for ("If a fn call raises an exception, then that exception will be raised when its value is
    retrieved from the iterator": "Executor Objects" in the documentation of `concurrent.futures`; the same in all of
    Python 3.10 to 3.14). When nobody goes through the iterator, tasks fail without a traceback. What `imap` has
    computed stays in its iterator as long as that is kept.

    ```python
    with ThreadPoolExecutor() as executor:
        executor.map(upload, files)     # a failed upload goes unnoticed
    ```

    ## How to fix

    Go through the results, even if they are all `None`: `for _ in executor.map(upload, files): pass`, or
    `list(executor.map(upload, files))`.

    ## What is missed

    Iterators that are handed on to other code, and functions of which it is not known what they do: parameters,
    functions with decorators of their own. A function that catches and logs every exception itself is left alone.
    """

    code = "CON508"
    name = "lazy-map-ignored"
    in_tests = False
    needles = ("map",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every lazy map that nobody goes through."""
        from conclint.model.results import ignored_iterators

        for found in ignored_iterators(module):
            label, task = module.label(found.call.func), module.label(found.task)
            yield Report(
                found.call,
                f"nobody goes through the iterator of '{label}', so what '{task}' raises is lost",
            )
