"""CON207: a thread waits for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.program import made_notes
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class RelockNonreentrant(ProgramRule):
    """A `Lock` is taken by a thread that holds it already: it waits for itself, for ever.

    ## Why

    `Lock.acquire()` blocks until the lock is released, and the only thread that could release it is the one that
    waits ("Lock Objects" in the documentation of `threading`: a lock "is not owned by a particular thread when locked"; the same
    in all of Python 3.10 to 3.14, and for `multiprocessing.Lock` and `Condition(Lock())`). The second acquire often stands in
    another method, which takes the lock for those who call it from outside:

    ```python
    def put(self, key, value):
        with self._lock:
            if self.size() > 10:     # size() takes self._lock too
                ...
    ```

    ## How to fix

    Split the callee: `_size()` which expects the lock to be held, for use inside, and `size()` which takes it. An `RLock`
    in place of the `Lock` also works, as its holder may take it again.

    ## What is missed

    Locks whose type cannot be seen count as reentrant. Calls on other objects of the same class are not followed as if they
    were the same object, nor are acquires with a timeout.
    """

    code: ClassVar[str] = "CON207"
    name: ClassVar[str] = "relock-nonreentrant"

    def check(self, program: Program) -> Iterator[Report]:
        """Yield each acquire, or call that leads to one, under the very lock."""
        for relock in program.deadlocks.relocks():
            label = program.locks.label(relock.first)
            if len(relock.way) == 1:
                message = f"'{label}' is taken here while this thread holds it already, and it is not reentrant"
            else:
                message = f"'{label}' is held here, and this call takes it again, though it is not reentrant"
            notes = [Note(place, "which leads here") for place in relock.way[1:-1]]
            if len(relock.way) > 1:
                notes.append(Note(relock.way[-1], f"'{label}' is taken again here"))
            yield Report(relock.place, message, (*notes, *made_notes(program, relock.first)))
