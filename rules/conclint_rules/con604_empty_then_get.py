"""CON604: a queue is asked whether it is empty, and the answer is trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class EmptyThenGet(ModuleRule):
    """`empty()` or `qsize()` of a queue decides whether to `get()`, though the answer can be out of date by then.

    ## Why

    Between the question and the `get()` another consumer can take the last item: then `get()` waits for something
    that never comes ("if empty() returns False it doesn't guarantee that a subsequent call to get() will not block",
    "Queue Objects" in the documentation of `queue`). A `multiprocessing.Queue` may also say that it is empty while
    items are on their way: a thread of the process that puts them writes them into a pipe ("Because of
    multithreading/multiprocessing semantics, this is not reliable", `multiprocessing.Queue.empty`; the same in all
    of Python 3.10 to 3.14).

    ```python
    while not jobs.empty():     # two workers see the last job ...
        job = jobs.get()        # ... and one of them waits for ever
    ```

    ## How to fix

    Just get: `try: job = jobs.get_nowait()`, `except queue.Empty: break`. Where items are still to come, wait for as
    many as there must be, or for a marker that says that there are no more.

    ## What is missed

    Queues that are made in another module, questions whose answer goes through a variable, and consumers that are
    daemons, which the end of the program does not wait for.
    """

    code = "CON604"
    name = "empty-then-get"
    needles = ("empty", "qsize")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every get that trusts an old answer, and every loop that is ended by a premature one."""
        from conclint.model.empty_checks import early_ends, stale_answers

        for stale in stale_answers(module):
            queue = module.label(stale.get.object)
            notes = [Note(stale.question.node, "asked here")]
            notes += [Note(root.node, "a consumer of it is handed over here") for root in dict.fromkeys(stale.others)]
            yield Report(
                stale.get.node,
                f"another consumer can have emptied '{queue}' since '{stale.question.method}()' was asked, and then this "
                f"'{stale.get.method}' finds nothing",
                notes=tuple(notes),
            )
        for early in early_ends(module):
            queue = module.label(early.question.object)
            yield Report(
                early.question.node,
                f"'{queue}' may say that it is empty while items are on their way to it, and the loop ends without them",
                notes=(Note(early.producer, "it is filled from here on"),),
            )
