"""CON108: waiting for, or ending, what has not begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class UsedBeforeStart(ModuleRule):
    """A thread or process is joined, terminated or killed before it is started, or by itself.

    ## Why

    There is nothing to wait for before `start()`: `join()` raises RuntimeError ("cannot join thread before it is
    started"), for a process AssertionError; `terminate()` and `kill()` raise AttributeError. A thread that waits for
    its own end would wait for ever, so `join()` raises RuntimeError ("cannot join current thread"), and AssertionError
    in a process ("Thread objects" in the documentation of `threading`, `Thread.join`; Lib/multiprocessing/process.py; the
    same in all of Python 3.10 to 3.14).

    ```python
    def run(self):
        self.stop()             # sets the flag, and joins the thread that runs this
    ```

    ## How to fix

    Call `start()` first. Let the thread return when it is done, and leave the waiting to who started it; a `stop()` that
    both call asks `threading.current_thread() is not self` before it joins.

    ## What is missed

    Objects that are started on some paths and not on others, but for what a constructor starts on a condition and a
    method joins without any; that may be of a class from another module, if it is only used as a thread is. Objects in
    attributes that nothing in the module starts, unless their name begins with an underscore. Threads that join
    themselves, where an argument decides about it.
    """

    code = "CON108"
    name = "used-before-start"
    needles = ("join", "terminate", "kill")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every use that comes before the start on all paths, and every thread that joins itself."""
        from conclint.model.joining import joins_itself
        from conclint.model.thread_like import joined_unstarted
        from conclint.model.turns import too_early, too_early_for_some

        for word in ("join", "terminate", "kill"):
            for found in too_early(module, word, before="start"):
                label = module.label(found.event.object)
                message = f"'{label}.{found.event.method}()' comes before 'start()', which raises {found.exception}"
                yield Report(found.event.node, message)
        for found in too_early_for_some(module, "join", before="start"):
            label = module.label(found.event.object)
            message = f"'{label}.join()' raises {found.exception} where the constructor has not started '{label}'"
            notes = (Note(found.earlier.node, "this start depends on a condition"),) if found.earlier else ()
            yield Report(found.event.node, message, notes)
        for one in joined_unstarted(module):
            label = module.label(one.object)
            message = f"'{label}' is joined also where the constructor has not started it, which raises RuntimeError for a thread"
            yield Report(one.join, message, (Note(one.start, "this start depends on a condition"),))
        for join in joins_itself(module):
            label = module.label(join.event.object)
            message = f"'{label}' is joined by the very code that it runs, which raises {join.exception}"
            path = tuple(Note(call, f"'{module.label(call)}' leads there") for call in join.path)
            yield Report(join.event.node, message, path)
