"""CON403: a change that goes past the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Report
from conclint.program import AccessKind, how_it_is_reached, past_the_lock, race_report, what_is_wrong
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
            if len(self._jobs) < self._most:
                self._jobs.append(job)

    def restore(self, jobs):
        self._jobs = list(jobs)     # a put() that has just counted adds one too many
    ```

    The same goes for an object that is worked with under the lock nearly everywhere (at four places of five or more, in
    two functions at least): a method of it that others call under the lock is called without it. And for what a test has
    seen: `if self._sock: self._sock.send(x)` raises AttributeError when `close()`, which holds the lock, sets `self._sock =
    None` in between; `if k in self._jobs: return self._jobs[k]` raises KeyError.

    And for the number of a process or open file: after `os.waitpid(self._pid, ...)` or `os.close(self._fd)` under the lock the
    system gives the number to others, and `os.kill(self._pid, ...)` without the lock strikes another process.

    And a function that says of itself that its callers hold the lock (it asserts so, its name ends in `_locked`, or its
    docstring says it) is called without, though most callers keep to it.

    A class that takes a lock of its own is meant for several threads, so no thread needs to be seen: what most places
    do under the lock is what the lock is for, and the message tells how many they are.

    ## How to fix

    Take the same lock around the change. If the place runs before other threads can have the object, move it into
    `__init__`; to use what has been tested, take it into a local first (`sock = self._sock`). If the caller holds the
    lock, say so: name the method `..._locked`, or write "caller must hold _lock".

    ## What is missed

    Plain reads without the lock: they see an old value at worst. Changes that disturb nothing: an append beside
    appends, a store beside loads. Methods that nobody calls under the lock, and those whose name says that they only ask
    (`get_...`, `is_...`). Locks of other objects, and accesses through containers.

    """

    code: ClassVar[str] = "CON403"
    name: ClassVar[str] = "inconsistent-locking"

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the changes without the lock under which the variable is used elsewhere, and such uses of its object."""
        yield from self._changes(program)
        yield from self._uses(program)
        for call in program.uncovered_calls():
            name, lock = call.callee.name, program.locks.label(call.lock)
            message = (
                f"'{name}' is called in '{call.caller.name}' without '{lock}', which its callers are to hold, as they do at "
                f"{call.held} of {call.calls} places"
            )
            yield Report(call.place, message, how_it_is_reached(program, call.caller))

    @staticmethod
    def _uses(program: Program) -> Iterator[Report]:
        for breach in program.bare_uses():
            fact, function = breach.access.fact, breach.access.function
            message = f"'{fact.label}.{fact.method}' is called in '{function.name}' {past_the_lock(program, breach)}"
            yield race_report(program, breach, message)
        for breach in program.stale_uses():
            fact, function = breach.access.fact, breach.access.function
            message = (
                f"'{fact.label}' is tested and then used in '{function.name}' {past_the_lock(program, breach)}, "
                f"so '{breach.other.doer}' can take away what was seen there"
            )
            yield race_report(program, breach, message)

        for breach in program.late_uses():
            fact, lock = breach.access.fact, program.locks.label(breach.lock)
            message = (
                f"'{fact.label}' is used in '{breach.access.function.name}' without '{lock}', under which "
                f"'{breach.other.function.name}' gives it up, so it can stand for another process or file by then"
            )
            yield race_report(program, breach, message)

    @staticmethod
    def _changes(program: Program) -> Iterator[Report]:
        for conflict in program.conflicts:
            access = conflict.access
            kind = access.kind
            test = kind is AccessKind.CHECK_THEN_ACT and conflict.believed
            unseen_update = kind.updates and not conflict.seen
            if test or unseen_update or kind in (AccessKind.STORE, AccessKind.MUTATE):
                done = "tested and then changed" if test else "changed"
                message = (
                    f"'{access.fact.label}' is {done} in '{access.doer}' {what_is_wrong(program, conflict)}, "
                    f"so it can change in the middle of what '{conflict.other.doer}' does with it"
                )
                yield race_report(program, conflict, message)
