"""CON118: a thread or process that its maker lets go of while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class NeverJoined(ModuleRule):
    """A function starts a thread or process that is no daemon, and returns without a way for anybody to wait for it.

    ## Why

    Who called the function cannot know when the work is done, or whether it is: the results may not be there yet, and
    an exception ends in a traceback on standard error. The program's end waits for the thread all the same, as long as it
    takes ("Thread objects" in the documentation of `threading`: "The entire Python program exits when no alive non-daemon
    threads are left"); a child process stays a zombie until something joins it ("Joining zombie processes" in the
    programming guidelines of `multiprocessing`). The same in all of Python 3.10 to 3.14.

    ```python
    def save(document):
        Thread(target=write, args=(document,)).start()
    ```

    ## How to fix

    Join it, return it, or give the work to an executor and return the future. `daemon=True` says that the program's end
    may cut it off.

    ## What is missed

    Threads at module level, which the end of the program joins. Objects that are stored, returned or passed on, or with
    which anything else is done than starting them. Paths that pass by a join that others reach.
    """

    code = "CON118"
    name = "never-joined"
    severity = Severity.WARNING
    default = False
    needles = ("start",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every creation site of what is started and let go of."""
        from conclint.model.lives import never_joined

        for site, start in never_joined(module):
            made, where = module.label(site.call.func), module.context_of(site.call)
            message = f"the {site.kind.value} that '{made}' makes is never joined, and '{where}' lets go of it"
            yield Report(site.call, message, (Note(start.node, "started here"),))
