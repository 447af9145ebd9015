"""CON120 args-do-not-fit-target."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class ArgsDoNotFitTarget(ProgramRule):
    """A thread, process, pool or callback gets arguments that its target can't be called with.

    ## Why
    Who makes a thread does not call the target: the arguments travel in `args=` and `kwargs=`, and only the new thread finds
    that one is missing or too many. The TypeError is printed there and the program goes on, or it waits in a future that
    nobody asks (Library Reference, threading, `excepthook`; concurrent.futures, `Future.result`). So it is in every version
    of Python, and no type checker sees through `args=`.

    ## How to fix
    Give the target what it takes: one element of `args` for each parameter, nothing for `self` of a bound method. A callback
    of a future takes the future; `run()` of a thread takes nothing but `self`.

    ## What is missed
    Targets that are decorated in ways that are not known or meant to be overridden, functions of other packages, classes of
    other modules, and arguments that are put together elsewhere: `*args`, or a list that grows.
    """

    code: ClassVar[str] = "CON120"
    name: ClassVar[str] = "args-do-not-fit-target"

    def check(self, program: Program) -> Iterator[Report]:
        for found in program.misfits():
            message = f"'{found.taker}' calls '{found.name}' {found.problem}, which raises TypeError"
            notes = (Note(found.definition, f"'{found.name}' is defined here"),) if found.definition is not None else ()
            yield Report(found.place, message, notes)
