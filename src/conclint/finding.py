"""What a rule has found, as plain data.

Everything here is immutable and made of strings and numbers, so it travels between worker processes, into
caches and into reports unchanged.
"""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Iterable

import msgspec

_NUMBER = re.compile(r"\d+")


class Severity(enum.Enum):
    """How surely a finding bites.

    `ERROR` goes wrong on some schedule of the code as it stands; `WARNING` goes wrong on some supported
    platform or Python version, or after a small change.
    """

    ERROR = "error"
    WARNING = "warning"


class Span(msgspec.Struct, frozen=True, order=True):
    """A range of text: lines and columns are 1-based, columns count code points, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Related(msgspec.Struct, frozen=True, order=True):
    """Another place that a finding speaks of, with what is to be seen there."""

    path: str
    span: Span
    message: str


class Flow(msgspec.Struct, frozen=True, order=True):
    """What one of several threads does, in order; `thread` says which it is. The last of the steps is where they meet."""

    thread: str
    steps: tuple[Related, ...]


class Edit(msgspec.Struct, frozen=True, order=True):
    """Replace the text of `span` by `text`; an empty span inserts."""

    span: Span
    text: str


class Fix(msgspec.Struct, frozen=True, order=True):
    """Edits to one file that belong together.

    A `safe` fix keeps what correct programs do and may be applied by `--fix`; another needs `--unsafe-fixes`.
    """

    description: str
    edits: tuple[Edit, ...]
    safe: bool


class Finding(msgspec.Struct, frozen=True):
    """One mistake at one place.

    `context` is the qualified name of the enclosing function or class (`Pool.start.<locals>.work`), empty at
    module level. `path` is spelled as the user reached the file.
    """

    path: str
    span: Span
    code: str
    name: str
    severity: Severity
    message: str
    context: str = ""
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    flows: tuple[Flow, ...] = ()

    @property
    def fingerprint(self) -> str:
        """What stays the same when lines are added above, or the file is moved: 16 hexadecimal digits.

        Findings of one file that say the same of one function have the same; they are told apart by their order.
        """
        said = "\0".join((self.code, self.context, _NUMBER.sub("#", self.message)))
        return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    @property
    def sort_key(self) -> tuple[str, Span, str, str]:
        """Reports are in this order, whatever the order of work was."""
        return (self.path, self.span, self.code, self.message)


class Failure(msgspec.Struct, frozen=True, order=True):
    """A file or folder that could not be dealt with; the run went on without it.

    `internal` tells a defect of conclint from bad input.
    """

    path: str
    message: str
    internal: bool = False


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings sorted for a report, without exact duplicates."""
    unique = {finding.sort_key: finding for finding in findings}
    return [unique[key] for key in sorted(unique)]
