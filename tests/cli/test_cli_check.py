"""`conclint check`: what it takes, what it writes, and how it ends."""

import json
import os
from pathlib import Path

import pytest
from cli.conftest import Cli

pytestmark = pytest.mark.usefixtures("rules")

BAD = "src/a.py:3:6: TST101 'BAD' stands here"
WORSE = "src/a.py:3:10: TST102 'WORSE' stands here"
ODD = "src/a.py:3:16: TST201 'ODD' stands here"


def lines(cli: Cli, *arguments: str, status: int = 1) -> list[str]:
    """Return the lines of the concise report, without severities and slugs."""
    outcome = cli("--format", "concise", *arguments)
    assert (outcome.status, outcome.err) == (status, "")
    return [line.replace(" error:", "").replace(" warning:", "") for line in outcome.out.splitlines()]


@pytest.mark.parametrize(
    "arguments",
    [
        ("src",),
        ("check", "src"),
        ("src/a.py",),
        ("--jobs", "2", "src"),
        ("-j2", "check.py", "src"),
        ("check", "src", "--isolated"),
        ("--", "src"),
    ],
)
def test_check_is_the_default_command(cli: Cli, project: Path, arguments: tuple[str, ...]) -> None:
    (project / "check.py").touch()
    outcome = cli(*arguments)
    assert outcome.status == 1
    assert outcome.out.count("'BAD' stands here") == 1
    assert outcome.err == ""


def test_a_folder_named_like_a_command_can_be_linted(cli: Cli, project: Path) -> None:
    (project / "src").rename(project / "rule")
    assert cli("check", "rule").status == 1
    assert cli("./rule").status == 1


def test_without_a_path_it_is_the_current_folder(cli: Cli, project: Path) -> None:
    assert cli().out == cli(".").out
    assert "a.py:3:6" in cli("--format", "concise").out


def test_clean_code_ends_with_0(cli: Cli, project: Path) -> None:
    outcome = cli("src/clean.py")
    assert outcome == (0, "Found nothing in 1 file.\n", "")


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ((), [BAD, WORSE]),
        (("--select", "ALL"), [BAD, WORSE, ODD]),
        (("--select=TST101, TST201",), [BAD, ODD]),
        (("--select", "TST101", "--select", "TST2"), [BAD, ODD]),
        (("--extend-select", "TST2"), [BAD, WORSE, ODD]),
        (("--ignore", "TST101"), [WORSE]),
    ],
)
def test_rules_are_chosen_by_options(
    cli: Cli, project: Path, arguments: tuple[str, ...], found: list[str]
) -> None:
    written = lines(cli, "src", *arguments)
    assert [line.split()[1] for line in written] == [line.split()[1] for line in found]
    assert [line.split()[0] for line in written] == [line.split()[0] for line in found]


def test_rules_are_chosen_by_the_configuration(cli: Cli, project: Path) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.conclint]\nselect = ["TST1", "TST2"]\nignore = ["TST102"]\nextend-exclude = ["left_out"]\n'
        '[tool.conclint.per-file-ignores]\n"/tests" = ["TST1"]\n'
    )
    for folder in ("tests", "left_out"):
        (project / folder).mkdir()
        (project / folder / "b.py").write_text((project / "src/a.py").read_text())
    assert [line.split()[:2] for line in lines(cli)] == [
        ["src/a.py:3:6:", "TST101"],
        ["src/a.py:3:16:", "TST201"],
        ["tests/b.py:3:16:", "TST201"],
    ]
    assert len(lines(cli, "left_out/b.py")) == 2
    assert len(lines(cli, "src", "--isolated")) == 2
    assert [line.split()[1] for line in lines(cli, "--select", "TST102", "src")] == ["TST102"]


def test_paths_come_from_the_configuration(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "notes").mkdir()
    (project / "notes/one.md").write_text("```python\nimport threading  # BAD\n```\n")
    (project / "other.py").write_text("import threading  # BAD\n")
    (project / "pyproject.toml").write_text('[tool.conclint]\npaths = ["notes/*.md", "src/clean.py"]\n')
    assert [line.split()[0] for line in lines(cli)] == ["notes/one.md:2:21:"]
    outcome = cli("--format", "concise", "notes")
    assert (outcome.status, outcome.out.count("BAD")) == (0, 0)
    assert outcome.err == "warning: no Python file found in notes\n"
    monkeypatch.chdir(project / "src")
    assert [line.split()[0] for line in lines(cli)] == [f"{project}/notes/one.md:2:21:"]


def test_a_configuration_can_be_named(cli: Cli, project: Path) -> None:
    (project / "other.toml").write_text('[tool.conclint]\nselect = ["TST2"]\n')
    assert [line.split()[1] for line in lines(cli, "--config", "other.toml", "src")] == ["TST201"]
    assert cli("--config", "none.toml", "src") == (2, "", "conclint: none.toml: No such file or directory\n")
    (project / "other.toml").write_text("")
    assert cli("--config", "other.toml", "src") == (2, "", "conclint: other.toml: no table [tool.conclint]\n")


def test_every_mistake_is_told_at_once(cli: Cli, project: Path) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.conclint]\nselect = ["TST7"]\nignored = []\npaths = ["gone"]\n'
    )
    outcome = cli("--ignore", "tst101", "--format", "json")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.splitlines() == [
        "conclint: pyproject.toml:3: unknown key 'ignored', did you mean 'ignore'?",
        "conclint: pyproject.toml:4: no such file or folder: 'gone'",
        "conclint: pyproject.toml:2: no rule has the code 'TST7'",
        "conclint: --ignore: no rule has the code 'tst101', did you mean 'TST101'?",
    ]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--jobs", "0"), "'0' is neither a number from 1 up nor 'auto'"),
        (("--jobs", "many"), "'many' is neither"),
        (("--format", "xml"), "'xml' is not one of"),
        (("--fixes",), "No such option"),
        (("--isolated", "--config", "x.toml"), "--isolated and --config contradict each other"),
        (("--unsafe-fixes",), "--unsafe-fixes goes with --fix or --diff"),
        (("-", "src", "--stdin-filename", "x.py"), "'-' stands alone"),
        (("src", "--stdin-filename", "x.py"), "--stdin-filename goes with '-'"),
    ],
)
def test_a_mistake_in_the_call_ends_with_2(
    cli: Cli, project: Path, arguments: tuple[str, ...], reason: str
) -> None:
    outcome = cli(*arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert reason in outcome.err
    assert "Traceback" not in outcome.err


def test_json_tells_everything(cli: Cli, project: Path) -> None:
    (project / "src/latin.py").write_bytes(b"import threading  # \xe9\n")
    outcome = cli("--format", "json", "src")
    document = json.loads(outcome.out)
    assert outcome.status == 1
    assert [one["code"] for one in document["findings"]] == ["TST101", "TST102"]
    assert [one["path"] for one in document["errors"]] == ["src/latin.py"]
    assert outcome.err == ""


def test_statistics_count_the_findings_of_each_rule(cli: Cli, project: Path) -> None:
    (project / "src/b.py").write_text("import threading\n# BAD\n")
    outcome = cli("--statistics", "--format", "concise", "src")
    assert outcome.out.splitlines()[-2:] == [
        "2  TST101 bad-word (2 with a fix)",
        "1  TST102 worse-word (1 with a fix)",
    ]


def test_exit_zero_is_for_findings_only(cli: Cli, project: Path) -> None:
    assert cli("--exit-zero", "src").status == 0
    (project / "src/latin.py").write_bytes(b"import threading  # \xe9\n")
    assert cli("--exit-zero", "src").status == 1
    assert cli("--exit-zero", "gone").status == 2


def test_quiet_leaves_findings_and_errors(cli: Cli, project: Path) -> None:
    assert cli("--quiet", "src/clean.py") == (0, "", "")
    (project / "empty").mkdir()
    assert cli("--quiet", "empty") == (0, "", "")
    (project / "src/latin.py").write_bytes(b"import threading  # \xe9\n")
    outcome = cli("-q", "src")
    assert "'BAD' stands here" in outcome.out
    assert "latin.py" in outcome.err


def test_colour_is_given_where_it_is_asked_for(
    cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b[" not in cli("src").out
    assert "\x1b[" in cli("--color", "always", "src").out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[" in cli("src").out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert "\x1b[" not in cli("--color", "never", "src").out
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert "\x1b[" not in cli("src").out


def test_odd_comments_are_warned_of(cli: Cli, project: Path) -> None:
    (project / "src/clean.py").write_text("import threading\nx = 1  # conclint: ignore\n")
    outcome = cli("src/clean.py")
    assert outcome.status == 0
    assert outcome.err.startswith("warning: src/clean.py:2:8: ")
    assert cli("src/clean.py", "--quiet").err == ""


# --- standard input


def test_standard_input_is_linted_under_its_name(cli: Cli, project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.conclint.per-file-ignores]\n"*_test.py" = ["TST102"]\n')
    text = b"import threading\n# BAD WORSE\n"
    named = cli("-", "--stdin-filename", "src/x_test.py", "--format", "concise", stdin=text)
    assert named.status == 1
    assert [line.split(":")[:3] for line in named.out.splitlines()] == [["src/x_test.py", "2", "3"]]
    unnamed = cli("-", stdin=text)
    assert "<stdin>:2:3" in unnamed.out
    assert "# BAD WORSE" in unnamed.out
    assert cli("-", stdin=b"\xff").status == 1
    assert cli("-", "--stdin-filename", "x.pyi", stdin=text).status == 0


def test_standard_input_can_be_a_document(cli: Cli, project: Path) -> None:
    text = b"# Notes\n\n```python\nimport threading\n# BAD\n```\n"
    outcome = cli("-", "--stdin-filename", "x.md", "--format", "concise", stdin=text)
    assert outcome.out.startswith("x.md:5:3:")


def test_standard_input_is_mended_on_standard_output(cli: Cli, project: Path) -> None:
    text = "# coding: latin-1\r\nimport threading  # é\r\n# BAD WORSE\r\n".encode("latin-1")
    outcome = cli("-", "--fix", "--quiet", stdin=text[:19] + text[19:].replace(b"\xe9", b"e"))
    assert outcome.status == 1
    assert outcome.out.endswith("# bad WORSE\n") or outcome.out.endswith("# bad WORSE\r\n")
    assert "'WORSE' stands here" in outcome.err
    clean = cli("-", "--fix", stdin=b"import threading\n")
    assert clean == (0, "import threading\n", "Found nothing in 1 file.\n")


# --- fixes


def test_safe_fixes_are_applied(cli: Cli, project: Path) -> None:
    outcome = cli("--fix", "src", "--format", "concise")
    assert (project / "src/a.py").read_text() == 'import threading\n\nx = "bad WORSE ODD"\n'
    assert outcome.status == 1
    assert [line.split()[1] for line in outcome.out.splitlines()] == ["TST102"]
    assert outcome.err == "Fixed 1 finding in 1 file.\n"


def test_other_fixes_are_applied_where_it_is_asked_for(cli: Cli, project: Path) -> None:
    outcome = cli("--fix", "--unsafe-fixes", "src")
    assert (project / "src/a.py").read_text() == 'import threading\n\nx = "bad worse ODD"\n'
    assert outcome == (0, "Found nothing in 2 files.\n", "Fixed 2 findings in 1 file.\n")
    assert cli("--fix", "--unsafe-fixes", "src") == (0, "Found nothing in 2 files.\n", "")


def test_a_diff_changes_nothing(cli: Cli, project: Path) -> None:
    before = (project / "src/a.py").read_text()
    outcome = cli("--fix", "--diff", "src")
    assert (project / "src/a.py").read_text() == before
    assert outcome.status == 1
    assert outcome.out.splitlines()[:2] == ["--- src/a.py", "+++ src/a.py"]
    assert '+x = "bad WORSE ODD"' in outcome.out.splitlines()
    assert outcome.err == "Would fix 1 of 2 findings.\n"
    assert cli("--diff", "src/clean.py") == (0, "", "Would fix 0 of 0 findings.\n")


def test_a_file_that_can_not_be_mended_is_told(
    cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", refuse)
    before = (project / "src/a.py").read_text()
    outcome = cli("--fix", "src")
    assert (project / "src/a.py").read_text() == before
    assert outcome.status == 1
    assert "error: src/a.py: can't be fixed: No space left on device" in outcome.err
    assert os.listdir(project / "src") == ["a.py", "clean.py"] or sorted(os.listdir(project / "src")) == [
        "a.py",
        "clean.py",
    ]
