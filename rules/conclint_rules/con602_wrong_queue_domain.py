"""CON602: a queue that does not reach the other side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel

_SAID = {
    "copied": "'{label}' is a queue between threads: the process that is given it gets a copy, or a TypeError",
    "unpicklable": "'{label}' is a queue between threads, which can't be pickled for a task of another process",
    "not inherited": "'{label}' can only be given to a process that is being started, not to a task of a pool",
    "unconnected": "'{label}' is a queue between threads, and this end of it is in another process than the other end",
}


class WrongQueueDomain(ModuleRule):
    """A `queue.Queue` is to connect processes, or a queue, lock or value of `multiprocessing` is an argument of a task of
    a process pool.

    ## Why

    A `queue.Queue` lives in the memory of one process. A child that is forked has a copy of it: what it puts there
    nobody gets. Under `spawn` and `forkserver` the queue would have to be pickled, and raises TypeError ("cannot
    pickle '_thread.lock' object"). The queues, locks and values of `multiprocessing` connect processes, but a process
    gets them only while it is started. The workers of a pool run already, so a task that is given one fails with
    RuntimeError ("Queue objects should only be shared between processes through inheritance"), which waits in the
    task's result ("Exchanging objects between processes" and "Explicitly pass resources to child processes" in the
    documentation of `multiprocessing`; the same in all of Python 3.10 to 3.14).

    ```python
    results = queue.Queue()
    Process(target=work, args=(results,)).start()
    results.get()                               # waits for ever, or TypeError above
    pool.apply_async(work, (mp.Queue(),))       # RuntimeError, which nobody sees
    ```

    ## How to fix

    Between processes use `multiprocessing.Queue()`. Give it to a pool's workers with `initializer=` and `initargs=`,
    or let a manager make it: the proxy that `manager.Queue()` gives can be an argument of a task.

    ## What is missed

    Queues that are passed on through several functions, kept in containers, or made in another module.

    ## Fix safety

    Unsafe. The fix makes the queue with the module or context that makes the processes. What goes through it then has to
    be picklable, and a process only ends once somebody has taken what it has put there.
    """

    code = "CON602"
    name = "wrong-queue-domain"
    needles = ("multiprocess", "ProcessPoolExecutor")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every object that is given to a process in vain."""
        from conclint.model.queue_domains import misplaced, queue_for_processes

        for found in misplaced(module):
            notes = [Note(found.site.call, f"'{found.label}' is made here")] if found.site is not None else []
            if found.other is not None:
                notes.append(Note(found.other, "the other end"))
            message = _SAID[found.how.value].format(label=found.label)
            yield Report(found.node, message, notes=tuple(notes), remedy=queue_for_processes(module, found))
