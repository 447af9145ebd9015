"""CON304: a barrier for another number of threads than come to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class BarrierPartyMismatch(ModuleRule):
    """More or fewer threads come to a barrier than it lets pass at a time, so that some wait for ever.

    ## Why

    `Barrier(n)` holds threads back until n of them wait, and lets these go on together ("Barrier Objects" in the
    documentation of `threading`; the same in all of Python 3.10 to 3.14, and in `multiprocessing`). Where the
    number that comes is no multiple of n, those who are left over wait for others who never come. Often one party has been
    counted for the main thread, which then does not wait.

    ```python
    start_line = threading.Barrier(3)
    runners = [threading.Thread(target=run) for _ in range(4)]     # run() waits at start_line
    ```

    ## How to fix

    Make the barrier with the number of threads: `Barrier(len(runners))`, one more if the main thread waits as well.

    ## What is missed

    Numbers that are worked out at run time, threads that wait in a loop, under a condition, with a timeout or through
    another function, barriers that are passed to anything but a thread's function, and pools.
    """

    code = "CON304"
    name = "barrier-party-mismatch"
    needles = ("Barrier",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every barrier that the threads do not fill."""
        from conclint.model.barriers import party_mismatches

        for found in party_mismatches(module):
            left = found.coming % found.parties
            yield Report(
                found.site.call,
                f"the barrier lets pass {found.parties} at a time, and {found.coming} come to it, "
                f"of which {left} {'waits' if left == 1 else 'wait'} for ever",
                tuple(Note(place, "comes to the barrier from here") for place in found.places),
            )
