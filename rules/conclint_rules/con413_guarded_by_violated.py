"""CON413: a declared guard that is not held."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Report
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class GuardedByViolated(ProgramRule):
    """What is declared to be guarded by a lock is used without it, or a function is called without the lock it requires.

    ## Why

    A declaration says what the author relies on: everybody who touches `_jobs` holds `_lock`. One place that does not is
    enough to break what all others assume ("Lock Objects" in the documentation of `threading`; all versions). The habit is
    that of Clang's thread safety analysis, `GUARDED_BY` and `REQUIRES`; the forms are those of `conclint.contracts`:

    ```python
    self._jobs = []  # guarded by: _lock
    jobs: Annotated[list, GuardedBy("_lock")]

    @requires("_lock")                   # or a docstring line "Requires: _lock"
    def _take(self): ...
    ```

    ## How to fix

    Take the lock around the use, or declare that the function requires it. If the declaration is wrong, correct that.

    ## What is missed

    Uses through objects whose class cannot be seen. Constructors, before anybody else has the object, are left alone.
    """

    code: ClassVar[str] = "CON413"
    name: ClassVar[str] = "guarded-by-violated"

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the uses and calls without the lock that a declaration asks for."""
        for broken in program.promises.broken():
            if broken.is_call:
                message = f"'{broken.what}' requires '{broken.lock}', which '{broken.function.name}' does not hold here"
            else:
                message = f"'{broken.what}' is guarded by '{broken.lock}', which '{broken.function.name}' does not hold here"
            yield Report(broken.place, message)
