"""CON803: a lock from before the fork, taken after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class InheritedLockAfterFork(ModuleRule):
    """Code that looks out for forks by the process's number takes a lock in the new process that was made in the old one.

    ## Why
    A fork copies the memory, with every lock as it is, and the forking thread only. Where another thread held the lock
    at that moment, nobody is left in the child who would release it: the code that means to begin anew there waits
    for ever, at its first step (Library Reference, `os.fork`; multiprocessing, "Contexts and start methods"; fork is the
    default on Linux up to Python 3.13, and what web servers and task queues do in every version). That the code compares a
    remembered number with `os.getpid()` shows that it is to work after a fork.

    ```python
    def ensure_running(self):
        if self._pid == os.getpid():
            return
        with self._lock:                 # made in the parent, perhaps held there at the fork
            self._start()
    ```

    ## How to fix
    Make the lock anew in each child: `os.register_at_fork(after_in_child=...)`, with a weak reference where the object is not
    to live for ever. Or make it anew in the new process before it is taken, or wait for it with a timeout.

    ## What is missed
    Locks that come from elsewhere, those that other objects take, and modules that look out for forks by other means, such
    as a thread that is gone. A module that registers anything to be done at a fork is left alone.
    """

    code: ClassVar[str] = "CON803"
    name: ClassVar[str] = "inherited-lock-after-fork"
    severity: ClassVar[Severity] = Severity.WARNING
    needles: ClassVar[tuple[str, ...]] = ("getpid",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield the locks that a forked process waits for."""
        from conclint.model.forks import inherited_locks

        for found in inherited_locks(module):
            label = found.lock.label
            yield Report(
                found.made,
                f"'{label}' is not made anew after a fork: where another thread held it, '{found.function.name}' waits for ever",
                (Note(found.taken, "taken in a forked process too"), Note(found.test, "asked whether this is a forked process")),
            )
