"""Running the program of a fixture, to see whether it does what it claims."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from typing import IO, TYPE_CHECKING

from conclint.testing.fixture import Claim, Exits, Fixture, Hangs, Prints, Raises, Works

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 60.0
"""Seconds that a program may take to end, or to reach the point where it hangs."""
GRACE = 2.0
"""Seconds that a program is watched after that point."""
_DRAIN = 5.0


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """What a program did.

    `status` is None where it was stopped: because it `hung` after the line that announces it, or else because it
    took longer than it may. `seconds` is wall-clock time.
    """

    status: int | None
    stdout: str
    stderr: str
    hung: bool
    seconds: float


@dataclasses.dataclass(frozen=True, slots=True)
class _Interpreter:
    version: tuple[int, int]
    start_methods: tuple[str, ...]


def unfit(fixture: Fixture, python: str = sys.executable) -> str:
    """Return why the interpreter `python` can't run the fixture, empty where it can."""
    known = _interpreter(python)
    version = ".".join(map(str, known.version))
    if fixture.python is not None and known.version < fixture.python:
        return f"{fixture} needs Python {'.'.join(map(str, fixture.python))}, this is {version}"
    if fixture.below is not None and known.version >= fixture.below:
        return f"{fixture} is for Pythons below {'.'.join(map(str, fixture.below))}, this is {version}"
    if fixture.start_method is not None and fixture.start_method not in known.start_methods:
        return f"{fixture} needs the start method '{fixture.start_method}', which this platform lacks"
    return ""


def check_program(
    fixture: Fixture, python: str = sys.executable, *, limit: float = LIMIT, grace: float = GRACE
) -> None:
    """Run the fixture and see that it fails, or works, as it says.

    Raises `AssertionError` with all that it printed where it does something else, and `unittest.SkipTest`, which
    pytest knows too, where the interpreter can't run it. `limit` and `grace` are seconds.
    """
    if reason := unfit(fixture, python):
        raise unittest.SkipTest(reason)
    run = run_program(fixture, python, limit=limit, grace=grace)
    if problem := check_run(fixture, run):
        raise AssertionError(f"{problem}\n{_shown(run)}")


def check_run(fixture: Fixture, run: Run) -> str:
    """Return how a run contradicts what the fixture claims, empty where it does not."""
    problem = _broken(fixture.claim, run)
    return f"{fixture} {problem}" if problem else ""


def run_program(
    fixture: Fixture, python: str = sys.executable, *, limit: float = LIMIT, grace: float = GRACE
) -> Run:
    """Run the fixture in a folder of its own and return what it did.

    A program that claims to hang is stopped `grace` seconds after the line that announces it, any other after
    `limit` seconds, each with all of its child processes.
    """
    announced = fixture.claim.after if isinstance(fixture.claim, Hangs) else None
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="conclint-", ignore_cleanup_errors=True) as folder,
        _started([python, os.path.abspath(fixture.path)], folder) as process,
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        stdout, stderr = _Reader(process.stdout, announced), _Reader(process.stderr)
        status, hung = _watched(process, stdout if announced is not None else None, limit, grace)
        if status is not None:
            for reader in (stdout, stderr):  # children may have something left to say
                reader.join(_DRAIN)
        _stop(process)
        return Run(status, stdout.text(), stderr.text(), hung, time.monotonic() - began)


def _watched(
    process: subprocess.Popen[bytes], announcing: _Reader | None, limit: float, grace: float
) -> tuple[int | None, bool]:
    """Wait until the program has ended or must be stopped; return its status and whether it hung."""
    deadline = time.monotonic() + limit
    while announcing is not None and time.monotonic() < deadline:
        if announcing.announced.wait(0.05):
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(grace), False
            return None, True
        if process.poll() is not None and not announcing.is_alive():
            break
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(max(0.0, deadline - time.monotonic())), False
    return None, False


class _Reader(threading.Thread):
    """Reads a stream to its end, and tells when a line that was waited for has come."""

    def __init__(self, stream: IO[bytes], line: str | None = None) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._line = line
        self._lines: list[bytes] = []
        self.announced = threading.Event()
        self.start()

    def run(self) -> None:
        with contextlib.suppress(ValueError):  # closed because the program was stopped
            for line in self._stream:
                self._lines.append(line)
                if self._line is not None and line.decode("utf-8", "replace").strip() == self._line.strip():
                    self.announced.set()

    def text(self) -> str:
        """Return what has been read, after giving the stream time to end."""
        self.join(_DRAIN)
        return b"".join(list(self._lines)).decode("utf-8", "replace").replace("\r\n", "\n")


@contextlib.contextmanager
def _started(command: list[str], folder: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program in a process group of its own, which ends with the block."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(  # noqa: S603 - the program is a fixture that the caller chose
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        tree = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(tree, capture_output=True, check=False)  # noqa: S603
    else:
        # The group outlives its leader as long as one child is left in it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@functools.cache
def _interpreter(python: str) -> _Interpreter:
    question = (
        "import multiprocessing, sys; print(*sys.version_info[:2], *multiprocessing.get_all_start_methods())"
    )
    answer = subprocess.run([python, "-c", question], check=True, capture_output=True, text=True)  # noqa: S603
    major, minor, *methods = answer.stdout.split()
    return _Interpreter((int(major), int(minor)), tuple(methods))


def _broken(claim: Claim, run: Run) -> str:
    """Return how a run contradicts a claim, empty where it does not."""
    if isinstance(claim, Hangs):
        return "" if run.hung else f"does not hang after {claim.after!r}"
    if run.status is None:
        return f"did not end in {run.seconds:.0f} s"
    if isinstance(claim, Raises):
        last_line = rf"^(?:\w+\.)*{re.escape(claim.exception)}(?::|\s*$)"
        return "" if re.search(last_line, run.stderr, re.MULTILINE) else f"does not raise {claim.exception}"
    if isinstance(claim, Exits):
        return "" if run.status == claim.status else f"does not exit with {claim.status}"
    if isinstance(claim, Prints):
        return "" if run.stdout.strip() == claim.wrong.strip() else f"does not print {claim.wrong!r}"
    return _not_working(claim, run)


def _not_working(claim: Works, run: Run) -> str:
    if run.status != 0:
        return "does not exit with 0"
    if run.stderr.strip():
        return "does not keep its error stream empty"
    if claim.prints is not None and run.stdout.strip() != claim.prints.strip():
        return f"does not print {claim.prints!r}"
    return ""


def _shown(run: Run) -> str:
    end = "was stopped" if run.status is None else f"exited with {run.status}"
    return f"It {end} after {run.seconds:.1f} s.\n--- stdout\n{run.stdout}\n--- stderr\n{run.stderr}"
