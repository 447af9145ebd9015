"""CON111: a daemon process that wants children."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class ChildOfDaemonProcess(ProgramRule):
    """A function that runs in a daemon process starts a process of its own, which raises AssertionError.

    ## Why

    Daemon processes may not have children: they are killed when their parent ends, and would leave the children as orphans
    (Library Reference, multiprocessing, `Process.daemon`: "a daemonic process is not allowed to create child processes";
    all versions). The workers of a `multiprocessing.Pool` are daemons too. The error appears in the child, often unseen.

    ## How to fix

    Make the process no daemon and join it, or let the parent start the grandchildren. In place of a pool whose tasks start
    processes, use `concurrent.futures.ProcessPoolExecutor`, whose workers are no daemons since Python 3.9.

    ## What is missed

    A daemon flag that is computed, or set by a subclass, and children that are started through unknown objects.
    """

    code: ClassVar[str] = "CON111"
    name: ClassVar[str] = "child-of-daemon-process"
    needles: ClassVar[tuple[str, ...]] = ("daemon", "Pool")

    def check(self, program: Program) -> Iterator[Report]:
        """Yield what starts processes in a daemon process."""
        for operation, function, context in program.surroundings.children_of_daemons():
            assert context.root is not None
            message = f"'{function.name}' runs in a daemon process, where '{operation.name}' raises AssertionError"
            yield Report(operation.place, message, (Note(context.root.place, "made a daemon process here"),))
