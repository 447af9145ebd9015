"""CON804: an executor from before the fork, which has no threads after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ProgramRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class ThreadsLostAtFork(ProgramRule):
    """A class keeps the threads of its executor over a fork, though another class of the package makes its own anew.

    ## Why
    A fork copies the memory, but of the threads only the one that forks. An executor that was made before still counts
    the workers it had, so it starts no new ones: what is submitted in the child is never run, and whoever waits for
    the result waits for ever (Library Reference, `os.fork`; multiprocessing, "Contexts and start methods"; fork is the default
    on Linux up to Python 3.13, and what web servers and task queues do in every version). That another class of the same
    package has its threads made anew by `os.register_at_fork` shows that the package is meant to be used in processes
    which fork.

    ```python
    class Batched(Processor):
        def __init__(self):
            self._start()
            os.register_at_fork(after_in_child=self._start)

    class Concurrent(Processor):
        def __init__(self):
            self._executor = ThreadPoolExecutor()     # has no workers in a child
    ```

    ## How to fix
    Make the executor in a method, and have that called in each child too: `os.register_at_fork(after_in_child=...)`, with
    a `weakref.WeakMethod` where the object is not to live for ever. Or make the executor when it is first used in a process,
    which a remembered `os.getpid()` tells.

    ## What is missed
    Threads that are started without an executor, executors that other objects own or that the class makes in several places,
    and packages none of whose classes looks out for forks.
    """

    code: ClassVar[str] = "CON804"
    name: ClassVar[str] = "threads-lost-at-fork"
    severity: ClassVar[Severity] = Severity.WARNING
    in_tests: ClassVar[bool] = False
    needles: ClassVar[tuple[str, ...]] = ("at_fork", "after_fork", "submit")

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the executors that are useless in a child."""
        for found in program.forked.left_behind():
            yield Report(
                found.made,
                f"'{found.label}' has no threads after a fork, where what is submitted to it never runs; "
                f"'{found.sibling.name}' sees to that, '{found.cls.name}' does not",
                (Note(found.used.place, "given work here"), Note(found.handled, "made anew at a fork here")),
            )
