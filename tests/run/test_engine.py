"""Many files, in one process or in several."""

import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from conclint import packs
from conclint.config import Config, Item
from conclint.draft import Report
from conclint.finding import Failure, Finding, Severity, Span
from conclint.model import ModuleModel
from conclint.program import Program
from conclint.rule import ModuleRule, ProgramRule, Rule
from conclint.run import engine, workers
from conclint.run.select import Choice, Selection
from conclint.run.settings import Settings
from conclint.source import Source
from conclint.source.load import from_bytes

forks = pytest.mark.skipif(sys.platform != "linux", reason="workers know the rules of this test only by fork")

Behaviour = Callable[[str], None]


def by_text(_text: str) -> None:
    return


class FirstLine(ModuleRule):
    """Reports the first line of a file, after doing what its text asks for."""

    code = "TST101"
    name = "first-line"

    def __init__(self) -> None:
        self.behave: Behaviour = by_text

    def check(self, module: ModuleModel) -> Iterator[Report]:
        text = module.source.text
        self.behave(text)
        yield Report(Span(1, 1, 1, 2), f"it is about {text.split()[-1]}")


class AllModules(ProgramRule):
    """Reports every module of the program."""

    code = "TST401"
    name = "all-modules"

    def check(self, program: Program) -> Iterator[Report]:
        raise NotImplementedError


FIRST_LINE = FirstLine()


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> list[Rule]:
    installed: list[Rule] = [FIRST_LINE]
    monkeypatch.setattr(packs, "installed_rules", lambda: tuple(installed))
    monkeypatch.setattr(FIRST_LINE, "behave", by_text)
    return installed


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def processes_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WORTH_PROCESSES", 0)
    monkeypatch.setattr(workers, "CHUNK", 120)


def settings(rules: Sequence[Rule], **per_file: str) -> Settings:
    ignores = tuple((pattern, (Item(code, ""),)) for pattern, code in per_file.items())
    selection, problems = Selection.of(rules, Config(os.getcwd(), per_file_ignores=ignores), Choice())
    assert problems == []
    return Settings(selection)


def write(number: int, *, prefix: str = "m", last: str = "") -> list[str]:
    names = []
    for index in range(number):
        name = f"{prefix}{index:03}.py"
        Path(name).write_text(f"import threading\n{'# filling' * (index % 7)}\n{last} # {name}\n")
        names.append(name)
    return names


def finding(path: str, message: str, code: str = "TST101", name: str = "first-line") -> Finding:
    return Finding(path, Span(1, 1, 1, 2), code, name, Severity.ERROR, message)


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=forks), pytest.param(5, marks=forks)])
@pytest.mark.usefixtures("processes_always")
def test_the_number_of_jobs_changes_nothing(rules: list[Rule], jobs: int) -> None:
    names = write(40)
    Path("plain.py").write_text("print('nothing to see')\n")
    Path("latin.py").write_bytes(b"import threading\n'caf\xe9'\n")
    seen: list[tuple[int, int]] = []
    result = engine.run(
        [*names[::-1], "plain.py", "latin.py", "gone.py"],
        settings(rules),
        jobs=jobs,
        failures=[Failure("closed", "permission denied")],
        progress=lambda done, known: seen.append((done, known)),
    )
    assert result.findings == tuple(finding(name, f"it is about {name}") for name in names)
    assert [failure.path for failure in result.failures] == ["closed", "gone.py", "latin.py"]
    assert not any(failure.internal for failure in result.failures)
    assert result.files == 41
    assert len(seen) == 40
    assert seen[-1][0] == seen[-1][1] == sum(len(Path(name).read_text()) for name in names)


@forks
def test_processes_are_started_only_where_they_pay(
    rules: list[Rule], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(workers, "Workers", refuse)
    names = write(20)
    Path("large.py").write_text("import threading\n" + "# much of it\n" * 40_000)
    Path("huge.py").write_text("print()\n" * 400_000)
    assert len(engine.run(names, settings(rules), jobs=8).findings) == 20
    assert len(engine.run(["large.py", "huge.py"], settings(rules), jobs=8).findings) == 1
    assert len(engine.run(["large.py", *names], settings(rules), jobs=1).findings) == 21
    with pytest.raises(AssertionError, match="a process was started"):
        engine.run(["large.py", *names], settings(rules), jobs=2)


def fail_on_bad(text: str) -> None:
    if "bad" in text:
        raise RecursionError("maximum recursion depth exceeded")


@pytest.mark.parametrize("jobs", [1, pytest.param(3, marks=forks)])
@pytest.mark.usefixtures("processes_always")
def test_a_defect_costs_its_own_file_only(
    rules: list[Rule], monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    monkeypatch.setattr(FIRST_LINE, "behave", fail_on_bad)
    good, bad = write(10), write(2, prefix="bad")
    result = engine.run([*good, *bad], settings(rules), jobs=jobs)
    assert [one.path for one in result.findings] == good
    assert [failure.path for failure in result.failures] == bad
    assert all(failure.internal and "RecursionError" in failure.message for failure in result.failures)
    assert result.exit_status == 3


def raise_odd_error(*_args: object, **_options: object) -> None:
    raise MemoryError


def test_a_defect_of_the_engine_itself_is_told_too(
    rules: list[Rule], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conclint.run.check.check_source", raise_odd_error)
    (failure,) = engine.run(write(1), settings(rules)).failures
    assert failure.internal
    assert failure.message.startswith("MemoryError (")
    assert "raise_odd_error" in failure.message


def die_on_bad(text: str) -> None:
    if "bad" in text:
        os._exit(7)


@forks
@pytest.mark.usefixtures("processes_always")
def test_a_worker_that_dies_is_named_by_its_file(rules: list[Rule], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FIRST_LINE, "behave", die_on_bad)
    good, bad = write(30), write(3, prefix="bad")
    result = engine.run([*bad, *good], settings(rules), jobs=2)
    assert [one.path for one in result.findings] == good
    assert result.failures == tuple(Failure(name, workers.DIED, internal=True) for name in bad)
    assert result.exit_status == 3


def test_text_that_was_read_already(rules: list[Rule]) -> None:
    given = from_bytes(b"import threading  # given", "some/where.py")
    result = engine.run([given], settings(rules))
    assert result.findings == (finding("some/where.py", "it is about given"),)
    assert result.files == 1


def test_comments_hide_findings_and_odd_comments_are_told(rules: list[Rule]) -> None:
    Path("a.py").write_text("import threading  # conclint: ignore[TST101] known\n")
    Path("b.py").write_text("import threading  # noqa: TST101\n")
    Path("c.py").write_text("import threading\nx = 1  # conclint: ignroe[TST101] here\n")
    result = engine.run(["a.py", "b.py", "c.py"], settings(rules))
    assert [one.path for one in result.findings] == ["c.py"]
    assert [(remark.path, remark.line, remark.column) for remark in result.remarks] == [("c.py", 2, 8)]
    assert result.exit_status == 1


def test_rules_can_be_off_for_a_file(rules: list[Rule]) -> None:
    result = engine.run(write(3), settings(rules, **{"m001.py": "TST101"}))
    assert [one.path for one in result.findings] == ["m000.py", "m002.py"]


def test_fences_of_a_document_are_checked_each(rules: list[Rule]) -> None:
    Path("notes.md").write_text(
        "# Notes\n\n```python\nimport threading\n```\n\n```python\nt = Thread() # two\n```\n\n```python\n1\n```\n"
    )
    result = engine.run(["notes.md"], settings(rules))
    assert [(one.path, one.span.line) for one in result.findings] == [("notes.md", 4), ("notes.md", 8)]
    assert result.files == 1


def program_findings(
    *found: Finding, failure: str = ""
) -> Callable[..., tuple[tuple[Finding, ...], tuple[Failure, ...]]]:
    def check_program(
        summaries: list[object], rules: list[Rule], _program: object
    ) -> tuple[tuple[Finding, ...], tuple[Failure, ...]]:
        assert len(summaries) == 3
        assert [rule.code for rule in rules] == ["TST401"]
        return found, (Failure("(program)", failure, internal=True),) if failure else ()

    return check_program


def test_program_rules_run_over_all_modules(rules: list[Rule], monkeypatch: pytest.MonkeyPatch) -> None:
    rules[:] = [AllModules()]
    Path("a.py").write_text("import threading  # conclint: ignore[TST401] known\n")
    Path("b.py").write_text("import threading\n")
    given = Source("c.py", "import threading  # noqa\n")
    found = [finding(f"{name}.py", "it spreads", "TST401", "all-modules") for name in "bacb"]
    inputs: list[str | Source] = ["b.py", "a.py", given]
    monkeypatch.setattr("conclint.run.program.check_program", program_findings(*found, failure="it broke"))
    result = engine.run(inputs, settings(rules))
    assert result.findings == (found[0],)
    assert result.failures == (Failure("(program)", "it broke", internal=True),)
    assert engine.run(inputs, settings(rules, **{"b.py": "TST401"})).findings == ()


def test_a_defect_in_the_program_costs_its_rules_only(
    rules: list[Rule], monkeypatch: pytest.MonkeyPatch
) -> None:
    rules.append(AllModules())
    monkeypatch.setattr("conclint.run.program.check_program", raise_odd_error)
    result = engine.run(write(2), settings(rules))
    assert len(result.findings) == 2
    assert [failure.message.split()[0] for failure in result.failures] == ["MemoryError"]


def test_what_travels_to_workers_can(rules: list[Rule]) -> None:
    wanted = msgspec.structs.replace(settings(rules, **{"m*.py": "TST101"}), target_versions=((3, 12),))
    assert pickle.loads(pickle.dumps(wanted)) == wanted


def test_there_is_a_processor() -> None:
    assert engine.usable_cpus() >= 1


SLOW = """
import os, pathlib, sys, time
from conclint import packs
from conclint.rule import ModuleRule
from conclint.run import engine, workers

class Slow(ModuleRule):
    \"\"\"Never ends.\"\"\"
    code, name = "TST102", "slow"
    def check(self, module):
        pathlib.Path(f"{os.getpid()}.pid").touch()
        time.sleep(120)
        return iter(())

packs.installed_rules = lambda: (Slow(),)
engine.WORTH_PROCESSES, workers.CHUNK = 0, 1
from conclint.cli import main
sys.exit(main(["check", "--isolated", "--jobs", sys.argv[1], "."]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks for workers as Linux shows them")
@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("whole_group", [True, False])
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_ends_all_of_it_at_once(
    folder: Path, jobs: int, number: signal.Signals, status: int, whole_group: bool
) -> None:
    write(12)
    command = [sys.executable, "-c", textwrap.dedent(SLOW), str(jobs)]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        deadline = time.monotonic() + 60
        while len(pids := [path.stem for path in folder.glob("*.pid")]) < jobs:
            assert time.monotonic() < deadline, process.communicate()
            time.sleep(0.01)
        began = time.monotonic()
        (os.killpg if whole_group else os.kill)(process.pid, number)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == status
        assert time.monotonic() - began < 20
    assert output == ""
    assert errors.strip() == ""
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
