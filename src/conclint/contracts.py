"""Declared contracts, for programs to state: which lock guards what, and which must be held for a call.

Nothing here does anything when the program runs, and nothing else of conclint is imported. The comments
`# guarded by: _lock` behind an assignment and the docstring line `Requires: _lock` say the same without an import.

    class Queue:
        jobs: Annotated[list[str], GuardedBy("_lock")]

        @requires("_lock")
        def _take(self) -> str: ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

__all__ = ["GuardedBy", "requires"]

_Callable = TypeVar("_Callable", bound=Callable[..., object])


class GuardedBy:
    """Says in an annotation that a variable is only to be touched under a lock, named as its class or module does."""

    def __init__(self, lock: str) -> None:
        self.lock = lock

    def __repr__(self) -> str:
        return f"GuardedBy({self.lock!r})"


def requires(*locks: str) -> Callable[[_Callable], _Callable]:
    """Say that callers of the decorated function must hold these locks."""

    def declare(function: _Callable) -> _Callable:
        function.__requires__ = locks  # type: ignore[attr-defined]
        return function

    return declare
