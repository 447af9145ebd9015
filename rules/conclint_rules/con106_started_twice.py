"""CON106: the start of what has been started already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class StartedTwice(ModuleRule):
    """`start()` is reached a second time for the same thread, timer or process.

    ## Why

    A thread or process object runs once, and stays used up when its run has ended. The second `start()` raises:
    RuntimeError ("threads can only be started once") for a thread or timer, AssertionError ("cannot start a process
    twice") for a process ("Thread objects" in the documentation of `threading`: `start()` "must be called at most once per
    thread object"; the same in all of Python 3.10 to 3.14).

    ```python
    backup = Process(target=back_up)
    for night in nights:
        backup.start()          # the second night: AssertionError
    ```

    ## How to fix

    Make a new object for each run, where the old one is started: in the loop, in the branch, in the method.

    ## What is missed

    Objects that are started in one function and again in another, other than what a constructor starts and a method of
    the same class starts again. Items of a list that are started on a condition.
    """

    code = "CON106"
    name = "started-twice"
    needles = ("start",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every start that is not the first on some path."""
        from conclint.model.turns import too_late

        for found in too_late(module, "start", after="start"):
            label = module.label(found.event.object)
            if found.repeats or found.earlier is None:
                message = f"'{label}' is started again in each turn of the loop, which raises {found.exception}"
                yield Report(found.event.node, message)
            else:
                message = f"'{label}' is started a second time, which raises {found.exception}"
                yield Report(found.event.node, message, (Note(found.earlier.node, f"'{label}' is started here first"),))
