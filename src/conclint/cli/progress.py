"""A progress bar for long runs."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.run.engine import Progress

PATIENCE = 1.0
"""Seconds of work before a bar appears."""


@contextlib.contextmanager
def progress(*, shown: bool) -> Iterator[Progress | None]:
    """Give a function to call with what is done and what there is to do; a bar on the error stream shows it.

    None unless `shown` and somebody sits at the error stream.
    """
    if not shown or not sys.stderr.isatty():
        yield None
        return
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        bar: Any = None

        def advance(done: int, known: int) -> None:
            nonlocal bar
            if bar is None:
                if time.monotonic() - began < PATIENCE or done >= known:
                    return
                bar = stack.enter_context(click.progressbar(length=known, label="Checking", file=sys.stderr))
            bar.length = known
            bar.update(done - bar.pos)

        yield advance
