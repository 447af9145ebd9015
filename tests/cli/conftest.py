"""The command line, called in this process, with rules that are easy to foresee."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

import pytest

from conclint import packs
from conclint.cli import main
from conclint.draft import Remedy, Report
from conclint.errors import SyntaxFailure
from conclint.finding import Edit, Severity, Span
from conclint.model import ModuleModel
from conclint.rule import ModuleRule, SourceRule
from conclint.source import Source


class Words(ModuleRule):
    """Reports a word wherever it stands.

    The word is told by the class that derives from this one.
    """

    word = ""
    safe: bool | None = None

    def check(self, module: ModuleModel) -> Iterator[Report]:
        for number, line in enumerate(module.source.text.splitlines(), 1):
            for match in re.finditer(self.word, line):
                span = Span(number, match.start() + 1, number, match.end() + 1)
                remedy = None
                if self.safe is not None:
                    remedy = Remedy("write it small", (Edit(span, match[0].lower()),), self.safe)
                yield Report(span, f"'{match[0]}' stands here", remedy=remedy)


class Bad(Words):
    """Reports BAD."""

    code, name = "TST101", "bad-word"
    word, safe = "BAD", True


class Worse(Words):
    """Reports WORSE."""

    code, name, severity = "TST102", "worse-word", Severity.WARNING
    word, safe = "WORSE", False


class Odd(Words):
    """Reports ODD."""

    code, name, default = "TST201", "odd-word", False
    word = "ODD"


class Broken(SourceRule):
    """Reports what is no Python."""

    code, name = "TST903", "no-python"

    def check(self, source: Source, failure: SyntaxFailure) -> Iterator[Report]:
        del source
        yield Report(Span(failure.line, failure.column, failure.line, failure.column + 1), failure.reason)


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


class Cli(Protocol):
    def __call__(self, *arguments: str, stdin: bytes = b"") -> Outcome: ...


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = (Bad(), Worse(), Odd(), Broken())
    monkeypatch.setattr(packs, "installed_rules", lambda: installed)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh current folder, with a file that has one finding of each rule but the last."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    (tmp_path / "src").mkdir()
    (tmp_path / "src/a.py").write_text('import threading\n\nx = "BAD WORSE ODD"\n')
    (tmp_path / "src/clean.py").write_text("import threading\n")
    return tmp_path


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    def call(*arguments: str, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = main(arguments)
        return Outcome(status, *capsys.readouterr())

    return call
