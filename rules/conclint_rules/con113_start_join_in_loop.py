"""CON113: a loop that waits for each thread before it starts the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class StartJoinInLoop(ModuleRule):
    """Each turn of a loop starts a thread or process and joins it at once, so that no two ever run side by side.

    ## Why

    `join()` "blocks the calling thread until the thread whose join() method is called terminates" ("Thread objects" in
    the documentation of `threading`; the same for `Process`, in all of Python 3.10 to 3.14). In the loop that starts the
    threads it makes them take turns: the program is no faster than without them, and pays for each one.

    ```python
    for url in urls:
        thread = Thread(target=fetch, args=(url,))
        thread.start()
        thread.join()           # nothing else runs meanwhile
    ```

    ## How to fix

    Start them all in one loop and join them in a second one, or give the work to a `ThreadPoolExecutor`. Where one is to
    follow the other, call the function instead.

    ## What is missed

    Loops that do something else between the start and the join, however little. Loops that may stop early or look at the
    outcome of each run, as those do that try again. `while` loops.
    """

    code = "CON113"
    name = "start-join-in-loop"
    severity = Severity.WARNING
    in_tests = False
    needles = ("join",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every join that keeps the next turn from starting."""
        from conclint.model.sequential import one_at_a_time

        for found in one_at_a_time(module):
            label = module.label(found.join.object)
            kind = found.site.kind.value
            message = f"'{label}' is joined in the loop that starts it, so only one {kind} runs at a time"
            yield Report(found.join.node, message, (Note(found.start.node, f"'{label}' is started here"),))
