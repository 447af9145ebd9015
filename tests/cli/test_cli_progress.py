"""The progress bar: on long runs, for somebody who watches."""

import contextlib
import io

import pytest

from conclint.cli.progress import progress


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr("conclint.cli.progress.time.monotonic", lambda: now[0])
    return now


def test_a_short_run_shows_nothing(clock: list[float]) -> None:
    with contextlib.redirect_stderr(Screen()) as screen, progress(shown=True) as advance:
        assert advance is not None
        for done in range(1, 100):
            advance(done, 100)
            clock[0] += 0.005
    assert screen.getvalue() == ""


def test_a_long_run_shows_how_far_it_is(clock: list[float]) -> None:
    with contextlib.redirect_stderr(Screen()) as screen, progress(shown=True) as advance:
        assert advance is not None
        for done in range(1, 101):
            advance(done, max(done, 50) if done < 40 else 100)
            clock[0] += 0.5
    assert "Checking" in screen.getvalue()
    assert "100%" in screen.getvalue()


def test_nobody_watches() -> None:
    with contextlib.redirect_stderr(Screen()), progress(shown=False) as advance:
        assert advance is None
    with contextlib.redirect_stderr(io.StringIO()), progress(shown=True) as advance:
        assert advance is None
