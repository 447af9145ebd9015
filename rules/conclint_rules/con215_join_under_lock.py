"""CON215: a join under a lock that the joined thread needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.program import how_it_is_reached
from conclint.rule import ProgramRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class JoinUnderLock(ProgramRule):
    """A thread is joined while a lock is held that the thread's own code takes: both wait for ever.

    ## Why

    `join()` waits until the thread has ended, and the thread cannot end before it gets the lock ("Thread Objects" in the
    documentation of `threading`: join "blocks the calling thread until the thread whose join() method is called terminates";
    all versions). An `RLock` is no help, for it is another thread that wants it.

    ```python
    def stop(self):
        with self._lock:
            self._running = False
            self._thread.join()     # run() takes self._lock in each turn
    ```

    The same goes for the tasks of a pool, which run what users have handed in: a job that asks the scheduler for its jobs
    waits for the lock that `shutdown()` holds while it waits for the job. That is told where the lock is one which most of the
    methods for users take.

    ## How to fix

    Take what is needed under the lock, release it, and join afterwards: `with self._lock: thread = self._thread`, then
    `thread.join()`.

    ## What is missed

    Threads whose creation cannot be seen from the join, locks taken by code of other modules that the thread calls through
    unknown objects, and joins with a timeout.
    """

    code: ClassVar[str] = "CON215"
    name: ClassVar[str] = "join-under-lock"
    needles: ClassVar[tuple[str, ...]] = ("join", "shutdown")

    def check(self, program: Program) -> Iterator[Report]:
        """Yield each join under a lock that the target takes, and each wait for tasks that may need it."""
        yield from self._for_tasks(program)
        for blocked in program.waiting.joins():
            operation = blocked.wait.operation
            lock = program.locks.label(blocked.lock)
            message = (
                f"'{operation.label}' is joined while '{lock}' is held, and '{blocked.needed_in.name}', which it runs, waits for "
                f"that lock"
            )
            notes = [
                Note(blocked.needs, f"'{lock}' is taken here"),
                *how_it_is_reached(program, blocked.needed_in),
                *(Note(place, "which leads there") for place in blocked.way),
                *how_it_is_reached(program, blocked.wait.function),
            ]
            yield Report(operation.place, message, tuple(dict.fromkeys(notes)))

    @staticmethod
    def _for_tasks(program: Program) -> Iterator[Report]:
        for wait in program.task_waits():
            lock = program.locks.label(wait.lock)
            message = (
                f"'{wait.function.name}' waits for all tasks of a pool while '{lock}' is held, and a task that calls "
                f"'{wait.taker.name}' waits for that lock"
            )
            notes = [
                Note(wait.wait.place, "the pool is waited for here"),
                Note(wait.task.place, f"a task of it calls what was handed in, '{wait.task.name}'"),
                Note(wait.taken, f"'{lock}' is taken here"),
            ]
            yield Report(wait.place, message, tuple(notes), severity=Severity.WARNING)
