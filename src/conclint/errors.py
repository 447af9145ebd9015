"""What conclint raises. Each carries what a user needs to mend the cause."""

from __future__ import annotations

from collections.abc import Sequence


class ConclintError(Exception):
    """Base of all errors that a user can mend; the CLI prints them and exits 2."""


class ConfigError(ConclintError):
    """Every mistake of one configuration at once.

    `problems` holds (place, reason) pairs; a place reads `pyproject.toml:12` or names an option.
    """

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{place}: {reason}" for place, reason in self.problems))


class PackError(ConclintError):
    """A rule pack that can't be loaded, or rules that contradict each other."""

    def __init__(self, pack: str, reason: str) -> None:
        self.pack = pack
        self.reason = reason
        super().__init__(f"rule pack '{pack}': {reason}")


class SourceError(ConclintError):
    """A file that can't be read or decoded."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class SyntaxFailure(ConclintError):
    """Text that is no Python: the parser's words and where it stopped (1-based line and column)."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        self.reason = reason
        self.line = line
        self.column = column
        super().__init__(f"{line}:{column}: {reason}")
