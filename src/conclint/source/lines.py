"""Lines as Python counts them: they end with CR LF, CR or LF, and with nothing else.

`str.splitlines` also splits at form feeds and at half a dozen other characters that Python allows inside a line.
"""

from __future__ import annotations

import re

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_END = re.compile(r"\r\n|\r|\n")


def split_lines(text: str) -> list[str]:
    """Return the lines of `text` with their ends; joined they are `text` again."""
    return _LINE.findall(text)


def without_end(line: str) -> str:
    """Return a line of `split_lines` without what ends it."""
    return line.removesuffix("\n").removesuffix("\r")


def line_starts(text: str) -> list[int]:
    """Return the offset of each line of `text`; a text that ends with a line end has an empty last line."""
    return [0, *(found.end() for found in _END.finditer(text))]
