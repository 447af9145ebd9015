"""CON403: a change that goes past the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Report
from conclint.program import AccessKind, race_notes, what_is_wrong
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class InconsistentLocking(ProgramRule):
    """Something that is written under a lock in most places is changed without it in another.

    ## Why

    A lock protects what it guards only if everybody takes it. A method that tests, counts or goes through something under
    the lock relies on nobody changing it meanwhile; a change without the lock, even an atomic one, falls in between
    ("Lock Objects" in the documentation of `threading`; all versions, with and without the global interpreter lock).

    ```python
    def put(self, job):
        with self._lock:
            if self._open:
                self._jobs.append(job)

    def close(self):
        self._open = False      # a put() that has just tested it adds a job nobody will run
    ```

    ## How to fix

    Take the same lock around the change. If the place runs before other threads can have the object, move it into
    `__init__`; if the caller holds the lock, say so: name the method `..._locked`, or write "caller must hold _lock".

    ## What is missed

    Plain reads without the lock: they see an old value at worst. Changes that disturb nothing: an append beside
    appends, a store beside loads. Locks of other objects, and accesses through containers.

    """

    code: ClassVar[str] = "CON403"
    name: ClassVar[str] = "inconsistent-locking"

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the changes without the lock under which the variable is used elsewhere."""
        for conflict in program.conflicts:
            access = conflict.access
            unseen_update = access.kind.updates and not conflict.seen
            if unseen_update or access.kind in (AccessKind.STORE, AccessKind.MUTATE):
                message = (
                    f"'{access.fact.label}' is changed in '{access.function.name}' {what_is_wrong(program, conflict)}, "
                    f"so it can change in the middle of what '{conflict.other.function.name}' does with it"
                )
                yield Report(access.fact.place, message, race_notes(program, conflict))
