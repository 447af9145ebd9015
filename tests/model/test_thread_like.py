"""Objects of unknown classes that are threads by what is done with them."""

from __future__ import annotations

import pytest
from modelling import model_of

from conclint.model.thread_like import joined_unstarted

MADE = "self.sender = Sender(self)"
STARTED = "if send: self.sender.start()"
JOINED = "self.sender.join()"


@pytest.mark.parametrize(
    ("made", "started", "joined", "count"),
    [
        (MADE, STARTED, JOINED, 1),
        (MADE, STARTED, "self.sender.pause(); self.sender.join(timeout=1)", 1),
        (MADE, "self.sender.start()", JOINED, 0),
        (MADE, "pass", JOINED, 0),  # others may start it
        (MADE, STARTED, "if self.send: self.sender.join()", 0),
        (MADE, STARTED, "if self.sender.is_alive(): self.sender.join()", 0),
        (MADE, STARTED, "try: self.sender.join()\n        except RuntimeError: pass", 0),
        (MADE, STARTED, "self.sender.start(); self.sender.join()", 0),
        (MADE, STARTED, "keep(self.sender); self.sender.join()", 0),  # who has it may start it
        ("self.sender = Sender(self) if send else None", STARTED, JOINED, 0),
        ("self.sender = make_sender(self)", STARTED, JOINED, 0),
        ("self.sender = Own(self)", STARTED, JOINED, 0),
        ("self.sender = Thread(target=print)", STARTED, JOINED, 0),  # what is known is judged by what is known
    ],
)
def test_joined_unstarted(made: str, started: str, joined: str, count: int) -> None:
    model = model_of(f"""
from threading import Thread
from shop.sending import Sender, make_sender

class Own:
    pass

class Client:
    def __init__(self, send):
        self.send = send
        {made}
        {started}

    def close(self):
        {joined}
""")
    assert len(list(joined_unstarted(model))) == count
