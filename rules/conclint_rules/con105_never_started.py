"""CON105: a thread that is made and never started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class NeverStarted(ModuleRule):
    """A thread, timer or process is created, and nobody starts it or gets to see it.

    ## Why

    Making the object runs nothing: the work begins with `start()` ("Thread objects" in the documentation of
    `threading`: "Once a thread object is created, its activity must be started by calling the thread's start()
    method"; the same for `Process`, in all of Python 3.10 to 3.14). Without it no error and no warning tells that
    the work was never done, and who waits for its result waits for ever.

    ```python
    Thread(target=send, args=(mail,), daemon=True)      # sends nothing
    ```

    ## How to fix

    Call `start()`, or delete the object.

    ## What is missed

    Objects that are started on some paths and not on others. Objects that are returned, yielded, passed on, stored in
    an attribute or in a container that others have, and global variables that are not used in their own module: their
    start may be elsewhere. Classes whose constructor hands the new object to other code.
    """

    code = "CON105"
    name = "never-started"
    needles = ("Thread", "Process", "Timer")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every creation site of what stays idle."""
        from conclint.model.lives import never_started

        for site, named in never_started(module):
            message = f"the {site.kind.value} that '{module.label(site.call.func)}' makes is never started"
            notes = () if named is None else (Note(named.node, "this names the method and does not call it"),)
            yield Report(site.call, message, notes)
