"""What a rule yields: a place, a sentence, and perhaps a remedy.

A draft points to libcst nodes, whose positions are worked out for all drafts of a file at once, or to places
that are known already. The engine turns it into a `Finding`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from conclint.finding import Edit, Severity, Span

if TYPE_CHECKING:
    from libcst import CSTNode


class Place(msgspec.Struct, frozen=True, order=True):
    """A span of a file, with the qualified name of what encloses it."""

    path: str
    span: Span
    context: str = ""


class Note(msgspec.Struct, frozen=True):
    """What is to be seen at another place."""

    at: CSTNode | Place | Span
    message: str


class Steps(msgspec.Struct, frozen=True):
    """What one of several threads does, in order, up to where it gets into the way of another; `thread` says which it is."""

    thread: str
    notes: tuple[Note, ...]


class Change(msgspec.Struct, frozen=True):
    """Put `text` in place of `node`, or of the range from `node` through `last`."""

    node: CSTNode
    text: str
    last: CSTNode | None = None


class Remedy(msgspec.Struct, frozen=True):
    """Changes that belong together; `safe` as in `conclint.finding.Fix`."""

    description: str
    changes: tuple[Change | Edit, ...]
    safe: bool


class Report(msgspec.Struct, frozen=True):
    """One mistake: `message` is one sentence that names the objects, without capital or full stop.

    `severity` replaces the rule's own where this case is better or worse than the rule in general. `flows` are what the threads
    that take part do; `notes` say the same in the order in which a person wants to know it.
    """

    at: CSTNode | Place | Span
    message: str
    notes: tuple[Note, ...] = ()
    remedy: Remedy | None = None
    severity: Severity | None = None
    flows: tuple[Steps, ...] = ()
