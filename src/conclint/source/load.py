"""Bytes of a Python file to text and back, as PEP 263 and CPython's tokenizer have it.

https://docs.python.org/3/reference/lexical_analysis.html#encoding-declarations
"""

from __future__ import annotations

import codecs
import os
import re

from conclint.errors import SourceError
from conclint.source.source import Source

_UTF8 = "utf-8"
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_BLANK_OR_COMMENT = re.compile(rb"[ \t\f]*(?:#|[\r\n]|\Z)")
_DECLARATION = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_OTHER_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def load(path: str, shown: str | None = None) -> Source:
    """Return the Python file at `path`; it is called `shown` where the user is told of it.

    Raises `SourceError` when it can't be read or decoded.
    """
    name = path if shown is None else shown
    return from_bytes(read_bytes(path, name), name)


def read_bytes(path: str, shown: str) -> bytes:
    """Return what stands in a file. Raises `SourceError`, in the name of `shown`, when it can't be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as problem:
        reason = os.strerror(problem.errno) if problem.errno else str(problem)
        raise SourceError(shown, f"can't be read: {reason[:1].lower()}{reason[1:]}") from problem
    except ValueError as problem:  # a NUL in the path
        raise SourceError(shown, f"can't be read: {problem}") from problem
    except MemoryError as problem:
        raise SourceError(shown, "can't be read: it does not fit into memory") from problem


def from_bytes(data: bytes, path: str) -> Source:
    """Return the text that `data` stands for, line ends as they are, and how it was encoded.

    Without byte order mark and declaration it is UTF-8. Raises `SourceError`, with line and column (1-based,
    in code points) where there is one, for what CPython refuses: an unknown encoding, one that contradicts
    the byte order mark, bytes that are not of the encoding, and NUL.
    """
    has_bom = data.startswith(codecs.BOM_UTF8)
    body = data[len(codecs.BOM_UTF8) :] if has_bom else data
    for mark, name in _OTHER_MARKS:
        if body.startswith(mark):
            raise SourceError(path, f"is {name}, which Python does not take for source code")
    declared, line = _declaration(body)
    encoding = _usable(declared, line, path) if declared else _UTF8
    if has_bom and encoding != _UTF8:
        reason = f"starts with the byte order mark of UTF-8, but line {line} declares '{declared}'"
        raise SourceError(path, reason)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as problem:
        raise SourceError(path, _not_of(problem, declared, line)) from problem
    except (UnicodeError, LookupError, ValueError) as problem:
        raise SourceError(path, f"can't be decoded as '{declared}', which line {line} declares") from problem
    if declared not in text:  # the declaration was read as ASCII
        raise SourceError(path, f"is not in the encoding '{declared}', which line {line} declares")
    if "\0" in text:
        raise SourceError(path, f"holds a NUL character at {_place(text[: text.index(chr(0))])}")
    return Source(path, text, encoding, has_bom)


def to_bytes(source: Source, text: str) -> bytes:
    """Return `text` as bytes in the encoding of `source`, with its byte order mark if it had one.

    The text of the source itself gives the bytes that it came from. Raises `SourceError` when the encoding
    can't hold the text, or would spell ASCII characters in a way of its own.
    """
    try:
        body = text.encode(source.encoding)
        held = source.encoding == _UTF8 or (
            body.decode(source.encoding) == text and _ascii_stays(text, source.encoding)
        )
    except UnicodeEncodeError as problem:
        place = _place(text[: problem.start])
        character = f"U+{ord(text[problem.start]):04X}"
        reason = f"{character} at {place} can't be written in '{source.encoding}'"
        raise SourceError(source.path, reason) from problem
    except (UnicodeError, ValueError):
        held = False
    if not held:
        raise SourceError(source.path, f"can't be written in '{source.encoding}'")
    return (codecs.BOM_UTF8 if source.has_bom else b"") + body


def _ascii_stays(text: str, encoding: str) -> bool:
    used = "".join(character for character in set(text) if character.isascii())
    return used.encode(encoding) == used.encode("ascii")


def _declaration(body: bytes) -> tuple[str, int]:
    """Return the encoding that one of the first two lines declares and that line; ("", 0) without."""
    start = 0
    for number in (1, 2):
        found = _LINE.match(body, start)
        if found is None:
            break
        if declaration := _DECLARATION.match(found[0]):
            return declaration[1].decode("ascii"), number
        if not _BLANK_OR_COMMENT.match(found[0]):
            break
        start = found.end()
    return "", 0


def _usable(declared: str, line: int, path: str) -> str:
    """Return the encoding's name for Python's codecs.

    Emacs' endings for line ends (`latin-1-unix`) count as nothing, and `utf-8-anything` is UTF-8: so CPython,
    get_normal_name in Parser/tokenizer.
    """
    plain = declared[:12].lower().replace("_", "-")
    for name, encoding in (
        (_UTF8, _UTF8),
        ("latin-1", "iso-8859-1"),
        ("iso-8859-1", "iso-8859-1"),
        ("iso-latin-1", "iso-8859-1"),
    ):
        if plain == name or plain.startswith(f"{name}-"):
            return encoding
    try:
        codec = codecs.lookup(declared)
        known = isinstance(b"".decode(codec.name), str) and isinstance(" ".encode(codec.name), bytes)
    except (LookupError, UnicodeError, ValueError):
        known = False
    if not known:
        raise SourceError(path, f"line {line} declares the encoding '{declared}', which Python does not know")
    return codec.name


def _not_of(problem: UnicodeDecodeError, declared: str, line: int) -> str:
    before = problem.object[: problem.start]
    place = _place(before.decode(problem.encoding, errors="replace"))
    byte = f"byte 0x{problem.object[problem.start]:02X} at {place}"
    if declared:
        return f"{byte} is not of the encoding '{declared}', which line {line} declares"
    return f"{byte} is not UTF-8, and the file declares no other encoding"


def _place(before: str) -> str:
    """Return line:column of what follows `before`."""
    lines = re.split(r"\r\n|\r|\n", before)
    return f"{len(lines)}:{len(lines[-1]) + 1}"
