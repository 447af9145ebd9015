"""CON213: processes are to share what only threads can."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class WrongLockDomain(ModuleRule):
    """A lock, condition, event, semaphore or barrier of `threading` is given to a process, or used by several.

    ## Why
    What `threading` makes lives in the memory of one process. A child that is forked has a copy of it: what the child
    locks or sets there the parent and its other children never learn, so a lock keeps nobody out, and an event is
    waited for in vain. Under `spawn` and `forkserver` an argument raises TypeError ("cannot pickle '_thread.lock' object"),
    and a global is simply made anew in each child ("Synchronization between processes" and "Explicitly pass resources to
    child processes" in the documentation of `multiprocessing`; the same in all of Python 3.10 to 3.14; `fork` is the
    default on Linux up to 3.13).

    ```python
    lock = threading.Lock()
    for part in parts:
        Process(target=report, args=(lock, part)).start()   # as many locks as processes
    ```

    ## How to fix
    Make it with `multiprocessing`, whose locks, events, semaphores, conditions and barriers have the same methods, and give
    it to each process as an argument, to the workers of a pool with `initializer=` and `initargs=`.

    ## What is missed
    Objects that hold a lock and go along with a bound method. Globals in a module that runs threads as well: there the
    lock may be meant for these. What is passed on through several functions or made in another module. The arguments of
    a pool's tasks, which fail at once because they can't be pickled, are another rule's.

    ## Fix safety
    Unsafe. The fix makes the object with the module or context that makes the process. It works between processes
    then, costs more, and has to be given to each child while that is started.
    """

    code: ClassVar[str] = "CON213"
    name: ClassVar[str] = "wrong-lock-domain"
    needles: ClassVar[tuple[str, ...]] = ("multiprocess", "ProcessPoolExecutor")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every primitive of threads that a process is given or takes for shared."""
        from conclint.model.lock_domains import copied_locks, lock_for_processes

        for found in copied_locks(module):
            kind = found.site.type_name
            notes = [Note(found.site.call, f"'{found.label}' is made here")]
            if found.function is None:
                message = f"'{found.label}' is a {kind}: the process that is given it gets a copy, or a TypeError"
            else:
                where = found.function.name
                message = f"'{found.label}' is a {kind}: each process that runs '{where}' has one of its own"
            if found.other is not None:
                notes.append(Note(found.other, "the parent uses its own here"))
            yield Report(found.node, message, tuple(notes), lock_for_processes(module, found))
