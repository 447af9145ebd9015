"""One call of the main command: what its options ask for, and how the results are given out."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

import click
import msgspec

from conclint.cli.plan import Plan, items, plan
from conclint.errors import SourceError
from conclint.finding import Failure
from conclint.report import Format, render, render_failures, render_statistics
from conclint.run.select import Choice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conclint.run.fixes import Fixed
    from conclint.run.result import Remark, RunResult
    from conclint.source import Source


def perform(paths: tuple[str, ...], options: dict[str, Any]) -> int:
    """Do what `conclint check` was called for, and return the exit status.

    `options` are those of the command by name. Raises `ConfigError` and `PackError`.
    """
    choice = Choice(
        items(options["select"], "--select") if options["select"] else None,
        items(options["extend_select"], "--extend-select"),
        items(options["ignore"], "--ignore"),
    )
    todo = plan(
        paths,
        choice,
        config_file=options["config"],
        isolated=options["isolated"],
        stdin_name=options["stdin_filename"],
    )
    output = _Output(Format(options["form"]), options["color"], options["quiet"], options["statistics"])
    call = _Call(todo, output, options["jobs"])
    if options["diff"]:
        result = call.diff(unsafe=options["unsafe_fixes"])
    elif options["fix"]:
        result = call.fix(unsafe=options["unsafe_fixes"])
    else:
        result = call.report(call.run(), sys.stdout)
    only_findings = result.exit_status == 1 and not result.failures
    return 0 if options["exit_zero"] and only_findings else result.exit_status


class _Output(msgspec.Struct, frozen=True):
    """How the call wants its results."""

    format: Format
    color: str
    quiet: bool
    statistics: bool

    def colored(self, stream: TextIO) -> bool:
        """Tell whether to colour a stream: NO_COLOR is heeded as https://no-color.org has it."""
        if self.color != "auto":
            return self.color == "always"
        return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class _Call(msgspec.Struct):
    """One call of the command."""

    plan: Plan
    output: _Output
    jobs: int

    @property
    def given(self) -> Source | None:
        """What came from standard input."""
        return next((one for one in self.plan.inputs if not isinstance(one, str)), None)

    def run(self, inputs: Iterable[str | Source] | None = None) -> RunResult:
        from conclint.cli.progress import progress
        from conclint.run import engine

        with progress(shown=not self.output.quiet) as advance:
            return engine.run(
                self.plan.inputs if inputs is None else inputs,
                self.plan.settings,
                jobs=self.jobs,
                failures=self.plan.failures,
                progress=advance,
            )

    def report(self, result: RunResult, stream: TextIO, given: Source | None = None) -> RunResult:
        """Write findings to `stream`, and to the error stream what hindered or is odd."""
        given = given or self.given
        silent = self.output.quiet and self.output.format is Format.TEXT and not result.findings
        if not silent:
            render(
                self.output.format,
                result,
                stream=stream,
                color=self.output.colored(stream),
                read_source=lambda path: _text(path, given),
            )
        if self.output.statistics and self.output.format is not Format.JSON:
            render_statistics(result, stream=stream, color=self.output.colored(stream))
        stream.flush()
        if not self.output.format.holds_failures:
            self._tell_failures(result.failures)
        self._warn(result.remarks)
        return result

    def diff(self, *, unsafe: bool) -> RunResult:
        from conclint.cli import mend

        result = self.run()
        failures = list(result.failures)
        changed = 0
        for fixed in mend.mended(result, self.plan.settings, unsafe=unsafe, given=self.given):
            if isinstance(fixed, Failure):
                failures.append(fixed)
            else:
                mend.show(fixed)
                changed += len(fixed.applied)
        sys.stdout.flush()
        self._tell_failures(failures)
        self._say(f"Would fix {changed} of {_findings(len(result.findings))}.")
        return _with_failures(result, failures)

    def fix(self, *, unsafe: bool) -> RunResult:
        from conclint.cli import mend

        result = self.run()
        problems: list[Failure] = []
        done: list[Fixed] = []
        for fixed in mend.mended(result, self.plan.settings, unsafe=unsafe, given=self.given):
            problem = fixed if isinstance(fixed, Failure) else self._store(fixed)
            if problem is not None:
                problems.append(problem)
            elif not isinstance(fixed, Failure):
                done.append(fixed)
        stream, given = sys.stdout, self.given
        if given is not None:
            text = done[0].text if done else given.text
            problems += filter(None, [mend.pour(given, text)])
            given, stream = msgspec.structs.replace(given, text=text), sys.stderr
        if done:
            result = self.run(None if given is None else [given])
        result = self.report(_with_failures(result, [*result.failures, *problems]), stream, given)
        if done:
            number = sum(len(fixed.applied) for fixed in done)
            self._say(f"Fixed {_findings(number)} in {len(done)} {'file' if len(done) == 1 else 'files'}.")
        return result

    def _store(self, fixed: Fixed) -> Failure | None:
        from conclint.cli import mend

        return None if fixed.source is self.given else mend.store(fixed)

    def _tell_failures(self, failures: Iterable[Failure]) -> None:
        color = self.output.colored(sys.stderr)
        render_failures(tuple(failures), stream=sys.stderr, color=color)

    def _warn(self, remarks: Iterable[Remark]) -> None:
        for remark in remarks:
            self._say(f"warning: {remark.path}:{remark.line}:{remark.column}: {remark.message}")
        if not self.plan.inputs and not self.plan.failures and self.given is None:
            self._say(f"warning: no Python file found in {', '.join(self.plan.named)}")

    def _say(self, message: str) -> None:
        if not self.output.quiet:
            click.echo(message, err=True)


def _text(path: str, given: Source | None) -> str | None:
    from conclint.source.load import load

    if given is not None and given.path == path:
        return given.text
    try:
        return load(path).text
    except SourceError:
        return None


def _with_failures(result: RunResult, failures: Iterable[Failure]) -> RunResult:
    return msgspec.structs.replace(result, failures=tuple(sorted(set(failures))))


def _findings(number: int) -> str:
    return f"{number} finding" if number == 1 else f"{number} findings"
