"""Which configuration file speaks for a path."""

from __future__ import annotations

import re
from pathlib import Path

FILE_NAME = "pyproject.toml"
_OWN_TABLE = re.compile(rb"""\btool["']?\s*\.\s*["']?conclint\b""")


def nearest(path: str) -> str | None:
    """Return the pyproject.toml for `path`: the nearest one in its folder or above with a table of conclint's.

    Where none has one it is the nearest of all, which may still tell the Python versions. A file that can't be
    read counts as one with a table, so that whoever reads it says why.
    """
    here = Path(path).resolve()
    fallback: str | None = None
    for folder in [here, *here.parents]:
        candidate = folder / FILE_NAME
        try:
            data = candidate.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            continue
        except OSError:
            return str(candidate)
        if _OWN_TABLE.search(data):
            return str(candidate)
        fallback = fallback or str(candidate)
    return fallback
