"""CON114 late-binding-target."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class LateBindingTarget(ModuleRule):
    """A lambda or nested function is handed over in a loop and reads the loop's variable when it runs, not when it is made.

    ## Why
    A function looks its free variables up each time that it is called. The thread, task or callback gets to it some time
    later, and the loop may have gone on: several threads then work on the last item, and some items are never worked on
    (Python FAQ, "Why do lambdas defined in a loop with different values all return the same result?"; every version).

    ## How to fix
    Hand the value over with the function: `Thread(target=work, args=(item,))`, `pool.submit(work, item)`,
    `partial(work, item)`, or keep it in a default: `lambda item=item: work(item)`.

    ## What is missed
    Variables that the loop changes after it has handed the closure over, such as counters, and those that another nested
    function reads for the closure. A loop that waits in the same round for what it handed over is left alone.

    ## Fix safety
    Unsafe: the arguments are worked out in the loop, which is what was meant, and the function too. It is offered for a
    lambda that does no more than one call.
    """

    code: ClassVar[str] = "CON114"
    name: ClassVar[str] = "late-binding-target"
    needles: ClassVar[tuple[str, ...]] = ("for ", "while ")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        from conclint.model.late_binding import bind_now, late_bindings

        for found in late_bindings(module):
            what = "the lambda" if found.is_lambda else f"'{found.function.name}'"
            message = f"{what} reads '{found.name}' when it runs, and by then the loop may have bound it to the next value"
            note = Note(found.again, f"'{found.name}' is bound in each round of the loop")
            yield Report(found.handover.target.value, message, (note,), bind_now(module, found))
