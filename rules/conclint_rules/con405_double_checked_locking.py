"""CON405: a check that is not repeated under the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.program import race_report
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.draft import Report
    from conclint.program import Program


class DoubleCheckedLocking(ProgramRule):
    """A test outside the lock is not repeated inside it, so several threads pass the test and then act in turn.

    ## Why

    Of two threads that find `instance is None`, the first takes the lock and makes the instance; the second, which waited,
    makes another one and replaces it. The lock makes them take turns and prevents nothing ("Lock Objects" in the documentation
    of `threading`; all versions, with and without the global interpreter lock).

    ```python
    if self._client is None:
        with self._lock:
            self._client = connect()    # every thread that waited here connects once more
    ```

    ## How to fix

    Test again under the lock: `with self._lock: if self._client is None: ...`. Or test only there: taking a lock that is
    free costs less than a microsecond.

    ## What is missed

    A test whose outcome travels through a variable, and an object that is stored first and filled afterwards.

    What does no harm when it is done twice is left alone, such as a flag that is set or a buffer that is emptied again.
    """

    code: ClassVar[str] = "CON405"
    name: ClassVar[str] = "double-checked-locking"

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the tests outside a lock that the act inside it believes."""
        for conflict in program.conflicts:
            access = conflict.access
            if conflict.double_check:
                lock = program.locks.label(min(access.fact.acts_under))
                message = (
                    f"'{access.fact.label}' is tested before '{lock}' is taken and not again under it, so two threads "
                    f"can both go on to change it in '{access.doer}'"
                )
                yield race_report(program, conflict, message)
