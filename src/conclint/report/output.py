"""Writing to a stream whose encoding may know fewer characters than the text."""

from __future__ import annotations

from typing import TextIO


def write(stream: TextIO, text: str) -> None:
    """Write `text`; characters that the stream's encoding lacks appear as backslash escapes."""
    stream.write(text if fits(stream, text) else _narrowed(stream, text))


def fits(stream: TextIO, text: str) -> bool:
    """Tell whether the stream's encoding has every character of `text`."""
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _narrowed(stream: TextIO, text: str) -> str:
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
