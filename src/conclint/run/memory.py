"""Memory while files are checked."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """Leave the garbage collector off for a while.

    A tree is a great many objects that all stay until it is let go of, and summaries stay for the whole run: looking
    through them for garbage again and again is for nothing. What a file leaves in circles is less than its summary.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
