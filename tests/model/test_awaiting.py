"""Where a coroutine gives way with a lock of threads in its hands."""

from __future__ import annotations

import pytest
from modelling import model_of

from conclint.model.awaiting import locked_awaits

CODE = """
import asyncio, threading
from dataclasses import dataclass, field
from elsewhere import new_lock

@dataclass
class Tokens:
    lock: threading.Lock = field(default_factory=new_lock)

    async def issue(self):
        {how} self.lock:
            await asyncio.sleep(0)
"""


@pytest.mark.parametrize(("how", "words"), [("with", ["await"]), ("async with", [])])
def test_what_async_with_enters_is_no_lock_of_threads(how: str, words: list[str]) -> None:
    assert [found.word for found in locked_awaits(model_of(CODE.format(how=how)))] == words
