"""Putting a mended text in place of its file, or showing what would change."""

from __future__ import annotations

import contextlib
import difflib
import os
import stat
import tempfile
from collections.abc import Iterator

from conclint.errors import SourceError
from conclint.run.fixes import Fixed
from conclint.source.load import to_bytes


def write(fixed: Fixed, path: str | None = None) -> None:
    """Replace the file by the mended text in one step, so that nobody ever sees half of it.

    Encoding, byte order mark, line ends and mode stay as they are; through a symbolic link the file it points
    to is replaced. `path` is where the file is, if not where the source says. Raises `SourceError` where that
    can't be done, also when the file is no longer what was linted; then it is left alone.
    """
    shown = fixed.source.path
    target = os.path.realpath(path or shown)
    before = to_bytes(fixed.source, fixed.source.text)
    after = to_bytes(fixed.source, fixed.text)
    try:
        with open(target, "rb") as file:
            if file.read() != before:
                raise SourceError(shown, "has changed since it was read, so it is not fixed")
            status = os.fstat(file.fileno())
        if not os.access(target, os.W_OK):
            raise SourceError(shown, "can't be fixed: it is not writable")
        _replace(target, after, status)
    except OSError as problem:
        raise SourceError(shown, f"can't be fixed: {problem.strerror or problem}") from problem


def _replace(target: str, data: bytes, status: os.stat_result) -> None:
    handle, temporary = tempfile.mkstemp(prefix=".conclint-", dir=os.path.dirname(target))
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # Only the owner may change the owner, and only root give a file away.
        with contextlib.suppress(OSError, AttributeError):
            os.chown(temporary, status.st_uid, status.st_gid)
        os.chmod(temporary, stat.S_IMODE(status.st_mode))
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def diff(fixed: Fixed) -> str:
    """Return what the fixes change as a unified diff, empty where they change nothing; `patch -p0` takes it."""
    path = fixed.source.path
    changes = difflib.unified_diff(_lines(fixed.source.text), _lines(fixed.text), path, path)
    return "".join(_ended(changes))


def _lines(text: str) -> list[str]:
    r"""Split at "\n" alone, as diff does."""
    lines = text.split("\n")
    last = lines.pop()
    return [line + "\n" for line in lines] + ([last] if last else [])


def _ended(changes: Iterator[str]) -> Iterator[str]:
    for line in changes:
        yield line
        if not line.endswith("\n"):
            yield "\n\\ No newline at end of file\n"
