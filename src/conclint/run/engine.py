"""Many files, in this process or in several: what is found does not depend on how many."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from conclint import packs
from conclint.errors import SourceError
from conclint.finding import Failure, Finding, in_order
from conclint.run import files
from conclint.run.memory import without_collector
from conclint.run.result import FileResult, RunResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from conclint.program import ModuleSummary, Program
    from conclint.run.settings import Settings
    from conclint.source import Source

Progress: TypeAlias = Callable[[int, int], None]
"""Called in the parent with the code points that are checked and those that are known to need it."""

WORTH_PROCESSES = 400_000
"""Code points from which on starting processes costs less than it saves: about half a second of work."""


def usable_cpus() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "process_cpu_count"):
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(
    inputs: Iterable[str | Source],
    settings: Settings,
    *,
    jobs: int = 1,
    failures: Sequence[Failure] = (),
    progress: Progress | None = None,
) -> RunResult:
    """Check `inputs`, files by path or text that is read already, with up to `jobs` processes.

    `failures` are what went wrong before, for the result. Raises `PackError` when the rules can't be loaded,
    and whatever interrupts it, after ending its processes.
    """
    began = time.perf_counter()
    packs.installed_rules()
    work = _Run(settings, jobs, progress or _no_progress)
    work.failures.extend(failures)
    with without_collector():
        work.check(inputs)
        findings = work.program_findings()
    results = work.results.values()
    return RunResult(
        findings=tuple(in_order([*(found for result in results for found in result.findings), *findings])),
        failures=tuple(
            sorted({*work.failures, *(failure for result in results for failure in result.failures)})
        ),
        remarks=tuple(sorted({remark for result in results for remark in result.remarks})),
        files=work.files,
        seconds=time.perf_counter() - began,
    )


class _Run:
    """The state of one run; `results` are by the number of the source."""

    def __init__(self, settings: Settings, jobs: int, progress: Progress) -> None:
        self._settings = settings
        self._sniff = files.sniff_for(settings)
        self._jobs = jobs
        self._progress = progress
        self._known = 0
        self._done = 0
        self._given: dict[str, Source] = {}
        self._left_out: dict[str, tuple[int, int]] = {}
        self._program: Program | None = None
        self.files = 0
        self.failures: list[Failure] = []
        self.results: dict[tuple[int, int], FileResult] = {}

    def check(self, inputs: Iterable[str | Source]) -> None:
        self._check_all(self._tasks(inputs), self._settings)
        if self._left_out and files.program_rules(self._settings) and self._summaries():
            self._read_on_demand()

    def _read_on_demand(self) -> None:
        """Summarise of the files that were left out those that others lead to."""
        from conclint.run import demand  # brings the analysis of programs

        settings = demand.settings_for(self._settings)
        unread = demand.Unread(self._left_out)
        self._program = unread.program(self._summaries())
        for _ in range(demand.FARTHEST):
            with without_collector():
                paths = unread.wanted(self._program)
            if not paths:
                return
            self._check_all(self._tasks_on_demand(paths), settings)
            self._forgive(self._left_out[path] for path in paths)
            self._program = unread.program(self._summaries(), self._program)

    def _forgive(self, numbers: Iterable[tuple[int, int]]) -> None:
        """Leave out what is wrong with files that nobody asked for; defects of conclint stay."""
        for number in numbers:
            result = self.results.get(number)
            if result is not None and result.failures:
                own = tuple(failure for failure in result.failures if failure.internal)
                self.results[number] = msgspec.structs.replace(result, failures=own)

    def _tasks_on_demand(self, paths: Iterable[str]) -> Iterator[files.Task]:
        for path in paths:
            try:
                (source,) = files.read(path)
            except SourceError:  # gone since it was looked at
                continue
            self._known += len(source.text)
            yield files.Task(self._left_out[path], source)

    def _check_all(self, tasks: Iterator[files.Task], settings: Settings) -> None:
        held: list[files.Task] = []
        for task in tasks:
            held.append(task)
            if self._jobs > 1 and len(held) > 1 and self._known - self._done >= WORTH_PROCESSES:
                self._check_in_processes(held, tasks, settings)
                return
        for task in held:
            self._note(task, files.check(task.source, settings))

    def _check_in_processes(
        self, held: list[files.Task], tasks: Iterator[files.Task], settings: Settings
    ) -> None:
        from conclint.run import check, workers  # noqa: F401 - what forked workers then need not import

        with workers.Workers(settings, self._jobs) as pool:
            for task in held:
                pool.submit(task)
            for task in tasks:
                pool.submit(task)
                for done, result in pool.results(wait=False):
                    self._note(done, result)
            for done, result in pool.results(wait=True):
                self._note(done, result)

    def _note(self, task: files.Task, result: FileResult) -> None:
        self.results[task.number] = result
        self._done += len(task.source.text)
        self._progress(self._done, self._known)

    def _tasks(self, inputs: Iterable[str | Source]) -> Iterator[files.Task]:
        """Yield what is worth checking; with several jobs the largest files first, so that none is left over."""
        ordered = list(enumerate(inputs))
        if self._jobs > 1:
            ordered.sort(key=lambda item: -_size(item[1]))
        for number, item in ordered:
            yield from self._tasks_of(number, item)

    def _tasks_of(self, number: int, item: str | Source) -> Iterator[files.Task]:
        try:
            sources = files.read(item) if isinstance(item, str) else files.pieces(item)
        except SourceError as problem:
            self.failures.append(Failure(problem.path, problem.reason))
            return
        except Exception as defect:  # noqa: BLE001 - a defect costs its own file only
            self.failures.append(files.internal(item if isinstance(item, str) else item.path, defect))
            return
        self.files += 1
        if not isinstance(item, str):
            self._given[item.path] = item
        for piece, source in enumerate(sources):
            if self._sniff.wants(source):
                self._known += len(source.text)
                yield files.Task((number, piece), source)
            elif isinstance(item, str) and not source.fragment:
                self._left_out[source.path] = (number, piece)

    def _summaries(self) -> list[ModuleSummary]:
        results = (self.results[number] for number in sorted(self.results))
        return [result.summary for result in results if result.summary is not None]

    def program_findings(self) -> list[Finding]:
        """Return what the rules say that need all modules, where they are on and no comment hides it."""
        rules = files.program_rules(self._settings)
        summaries = self._summaries() if rules else []
        if not summaries:
            return []
        from conclint.run.program import check_program  # brings the analysis of programs

        try:
            with without_collector():
                findings, failures = check_program(summaries, rules, self._program)
        except Exception as defect:  # noqa: BLE001 - what was found in each file still counts
            self.failures.append(files.internal("", defect))
            return []
        self.failures.extend(failures)
        found = [finding for finding in findings if self._settings.selection.shows(finding)]
        paths = sorted({finding.path for finding in found})
        return [finding for path in paths for finding in self._visible(path, found)]

    def _visible(self, path: str, findings: list[Finding]) -> list[Finding]:
        from conclint.run.suppress import Suppressions  # brings the tokenizer

        visible = [finding for finding in findings if finding.path == path]
        try:
            sources = files.pieces(self._given[path]) if path in self._given else files.read(path)
        except SourceError:  # gone since it was checked
            return visible
        for source in sources:
            visible = Suppressions.of(source, visible).visible(visible)
        return visible


def _size(item: str | Source) -> int:
    if not isinstance(item, str):
        return len(item.text)
    try:
        return os.stat(item).st_size
    except OSError:
        return 0


def _no_progress(_done: int, _known: int) -> None:
    return
