"""CON216: a finalizer takes a lock that the code it interrupts may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.program import made_notes
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class LockInFinalizer(ProgramRule):
    """A finalizer takes a plain lock that other code holds: garbage collection can run it inside the holder.

    ## Why

    `__del__` and weakref callbacks run wherever the last reference goes away or the garbage collector happens to start, in
    whichever thread, also in the middle of a locked block. If that block holds the lock the finalizer wants, the thread waits
    for itself (Language Reference, `object.__del__`: "__del__() can be invoked when arbitrary code is being executed,
    including from any arbitrary thread. If __del__() needs to take a lock or invoke any other blocking resource, it may
    deadlock"; all versions).

    ## How to fix

    Let the finalizer only note what is to be done, in a `queue.SimpleQueue` (whose `put()` is made for that) or by an append to a
    deque, and do it from normal code. An `RLock` prevents the deadlock, but lets the finalizer in where the state is half
    changed.

    ## What is missed

    Locks whose type cannot be seen count as reentrant. The lock of the very object that is finalized is left alone: nobody
    can hold it any more.
    """

    code: ClassVar[str] = "CON216"
    name: ClassVar[str] = "lock-in-finalizer"

    def check(self, program: Program) -> Iterator[Report]:
        """Yield each lock that a finalizer takes and other code holds."""
        for found in program.waiting.finalizers():
            lock = program.locks.label(found.taking.lock)
            place = found.taking.way[0]
            message = f"'{found.function.name}' runs wherever garbage is collected, and takes '{lock}', which may be held there"
            notes = [Note(one, "which leads here") for one in found.taking.way[1:]]
            notes.append(Note(found.holder, f"'{lock}' is held from here on"))
            if found.root is not None:
                notes.append(Note(found.root.place, "made a finalizer here"))
            yield Report(place, message, (*notes, *made_notes(program, found.taking.lock)))
