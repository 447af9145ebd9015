"""What a rule about text that is no Python may ask."""

from __future__ import annotations

import functools

from conclint.source import Source
from conclint.source.mending import Mending, Misplaced, mend
from conclint.syntax import parse

__all__ = ["Mending", "Misplaced", "mending_of"]


@functools.lru_cache(maxsize=1)  # the rules that ask about one source ask one after the other
def mending_of(source: Source) -> Mending:
    """Return which signs of a text, which does not parse, stand where Python wants their ASCII twins."""
    return mend(source, parse)
