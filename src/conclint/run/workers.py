"""Checking sources in worker processes.

The workers ignore the interrupt of the keyboard, which a terminal sends to them too: the parent ends them.
"""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import multiprocessing
import signal
import sys
import threading
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from conclint.finding import Failure
from conclint.run import files
from conclint.run.result import FileResult

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import BaseContext

    from conclint.run.files import Task
    from conclint.run.settings import Settings
    from conclint.source import Source

CHUNK = 40_000
"""Code points that are handed over at once, some tenths of a second of work; a larger source goes alone."""

DIED = "the worker process died while it checked this file"

_settings: Settings | None = None


class Workers:
    """A pool of processes that check sources; leaving the `with` block ends them, at once after an exception."""

    def __init__(self, settings: Settings, processes: int) -> None:
        self._settings = settings
        self._processes = processes
        self._context = _context()
        self._before = {process.pid for process in multiprocessing.active_children()}
        self._executor: concurrent.futures.ProcessPoolExecutor | None = None
        self._waiting: collections.deque[Task] = collections.deque()
        self._running: dict[concurrent.futures.Future[list[FileResult]], list[Task]] = {}

    def __enter__(self) -> Workers:  # noqa: PYI034 - typing.Self came with 3.11
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._kill()
        if self._executor is not None:
            # Also after an exception: a thread of the pool that still closes its pipes would clash with the interpreter's
            # way out, which wakes it through them and waits for it all the same (concurrent.futures.process._python_exit).
            self._executor.shutdown(cancel_futures=True)

    def submit(self, task: Task) -> None:
        """Have `task` checked when a worker is free; the first ones are started right away."""
        self._waiting.append(task)
        if sum(len(waiting.source.text) for waiting in self._waiting) >= CHUNK:
            self._start_waiting()

    def results(self, *, wait: bool) -> Iterator[tuple[Task, FileResult]]:
        """Yield what is done so far, or, with `wait`, all there is until nothing is left to do."""
        while self._running or (wait and self._waiting):
            self._start_waiting()
            timeout = None if wait else 0
            done, _ = concurrent.futures.wait(self._running, timeout, concurrent.futures.FIRST_COMPLETED)
            if not done:
                return
            if any(isinstance(future.exception(), BrokenProcessPool) for future in done):
                yield from self._after_a_death()
            for future in done & self._running.keys():
                yield from zip(self._running.pop(future), future.result(), strict=True)

    def _start_waiting(self) -> None:
        """Keep each worker busy, with one chunk more at hand.

        No more are handed over, so that after a death few sources are suspect.
        """
        while self._waiting and len(self._running) < 2 * self._processes:
            chunk = [self._waiting.popleft()]
            size = len(chunk[0].source.text)
            while self._waiting and (size := size + len(self._waiting[0].source.text)) <= CHUNK:
                chunk.append(self._waiting.popleft())
            self._hand_over(chunk)

    def _hand_over(self, chunk: list[Task]) -> None:
        if self._executor is None:
            self._executor = self._new_executor(self._processes)
        with _interrupts_held():
            try:
                future = self._executor.submit(_check, [task.source for task in chunk])
            except BrokenProcessPool as death:
                future = concurrent.futures.Future()
                future.set_exception(death)
        self._running[future] = chunk

    def _new_executor(self, processes: int) -> concurrent.futures.ProcessPoolExecutor:
        return concurrent.futures.ProcessPoolExecutor(
            processes, self._context, initializer=_begin, initargs=(self._settings,)
        )

    def _after_a_death(self) -> Iterator[tuple[Task, FileResult]]:
        """Check what was under way one by one, so that the source that ends its process is known."""
        suspects: list[Task] = []
        for future, chunk in list(self._running.items()):
            if future.done() and future.exception() is None:
                continue
            suspects += chunk
            del self._running[future]
        self._end_executor()
        for task in suspects:
            yield task, self._checked_alone(task)
        self._end_executor()

    def _checked_alone(self, task: Task) -> FileResult:
        if self._executor is None:
            self._executor = self._new_executor(1)
        try:
            with _interrupts_held():
                future = self._executor.submit(_check, [task.source])
            return future.result()[0]
        except BrokenProcessPool:
            self._end_executor()
            return FileResult(failures=(Failure(task.source.path, DIED, internal=True),))

    def _end_executor(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None

    def _kill(self) -> None:
        for process in multiprocessing.active_children():
            if process.pid not in self._before:
                process.kill()


def _context() -> BaseContext:
    """Return how workers are started: by fork where that is safe, because it shares what is imported."""
    can_fork = sys.platform == "linux" and threading.active_count() == 1
    return multiprocessing.get_context("fork" if can_fork else None)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold interrupts back while processes start, so that none arrives before a worker ignores them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(settings: Settings) -> None:
    """Make a fresh worker ready."""
    global _settings  # noqa: PLW0603 - an initializer has no other way to hand something to its tasks
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _settings = settings


def _check(sources: list[Source]) -> list[FileResult]:
    if _settings is None:
        raise RuntimeError("this process is no worker")
    return [files.check(source, _settings) for source in sources]
