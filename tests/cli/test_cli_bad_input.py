"""Whatever stands in files and settings, it costs no more than its own findings."""

import os
import sys
import time
from pathlib import Path

import pytest
from cli.conftest import Cli

pytestmark = pytest.mark.usefixtures("rules")


def spoiled(project: Path, data: bytes) -> None:
    (project / "src/spoiled.py").write_bytes(data)


def test_a_missing_path(cli: Cli, project: Path) -> None:
    outcome = cli("src", "gone.py", "gone")
    assert outcome == (
        2,
        "",
        "conclint: gone.py: no such file or folder\nconclint: gone: no such file or folder\n",
    )


def test_a_file_that_can_not_be_opened(cli: Cli, project: Path) -> None:
    (project / "src/loop.py").symlink_to("loop.py")
    (project / "src/dangling.py").symlink_to("nowhere.py")
    outcome = cli("src")
    assert outcome.status == 1
    assert "'BAD' stands here" in outcome.out
    assert outcome.err.splitlines() == [
        "error: src/dangling.py: can't be read: no such file or directory",
        "error: src/loop.py: can't be read: too many levels of symbolic links",
    ]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_file_without_permission(cli: Cli, project: Path) -> None:
    spoiled(project, b"import threading\n")
    (project / "src/spoiled.py").chmod(0)
    outcome = cli("src")
    assert outcome.status == 1
    assert outcome.err == "error: src/spoiled.py: can't be read: permission denied\n"


def test_a_folder_without_python(cli: Cli, project: Path) -> None:
    (project / "docs").mkdir()
    (project / "docs/a.txt").touch()
    (project / "docs/a.pyi").touch()
    assert cli("docs") == (0, "There was no file to check.\n", "warning: no Python file found in docs\n")
    assert cli("docs/a.pyi").status == 0


def test_latin_1_with_a_declaration(cli: Cli, project: Path) -> None:
    spoiled(project, '# coding: latin-1\nimport threading\nx = "é"; "BAD"\n'.encode("latin-1"))
    outcome = cli("src/spoiled.py", "--format", "concise")
    assert outcome.status == 1
    assert outcome.out.startswith("src/spoiled.py:3:11: ")
    assert outcome.err == ""


def test_latin_1_without_a_declaration(cli: Cli, project: Path) -> None:
    spoiled(project, 'import threading\nx = "é"\n'.encode("latin-1"))
    outcome = cli("src")
    assert outcome.status == 1
    assert "'BAD' stands here" in outcome.out
    (line,) = outcome.err.splitlines()
    assert line.startswith("error: src/spoiled.py: ")
    assert " 2:6 " in line


@pytest.mark.parametrize(
    "data", [b"import threading\0\n", b"\0" * 4096, b"import threading\n" * 3 + b"x = '\0'"]
)
def test_nul_bytes(cli: Cli, project: Path, data: bytes) -> None:
    spoiled(project, data)
    outcome = cli("src")
    assert outcome.status == 1
    assert "'BAD' stands here" in outcome.out
    (line,) = outcome.err.splitlines()
    assert line.startswith("error: src/spoiled.py: holds a NUL character at ")


@pytest.mark.parametrize(
    "data", [b"", b"\xef\xbb\xbf", b"\n", b"\x0c", b"import threading", b"import threading\r"]
)
def test_files_with_nearly_nothing(cli: Cli, project: Path, data: bytes) -> None:
    spoiled(project, data)
    assert cli("src/spoiled.py") == (0, "Found nothing in 1 file.\n", "")


def test_a_syntax_error(cli: Cli, project: Path) -> None:
    spoiled(project, b"import threading\n\ndef f(:\n    pass\n")
    outcome = cli("src", "--format", "concise")
    assert outcome.status == 1
    assert [line.split(" ")[0] for line in outcome.out.splitlines()][-1].startswith("src/spoiled.py:3:")
    assert "'BAD' stands here" in outcome.out
    assert outcome.err == ""


def test_five_megabytes(cli: Cli, project: Path) -> None:
    line = (
        b"x = [1, 2, 3]  #" + b" some words to fill the line with, of which none matters at all" * 16 + b"\n"
    )
    spoiled(project, b"import threading\n" + line * (5_000_000 // len(line) + 1) + b"# BAD\n")
    assert (project / "src/spoiled.py").stat().st_size > 5_000_000
    began = time.process_time()
    outcome = cli("src/spoiled.py", "--format", "concise", "--jobs", "1")
    assert outcome.status == 1
    assert outcome.out.count("\n") == 1
    assert outcome.err == ""
    assert time.process_time() - began < 120


NESTED = {
    "parentheses": "x = " + "(" * 2000 + "1" + ")" * 2000,
    "open parentheses": "x = " + "(" * 2000,
    "brackets": "x = " + "[" * 2000 + "]" * 2000,
    "braces": "x = " + "{" * 2000 + "}" * 2000,
    "calls": "x = " + "f(" * 2000 + ")" * 2000,
    "attributes": "x = a" + ".b" * 1200,
    "chained calls": "x = a" + "()" * 1200,
    "sums": "x = 1" + " + 1" * 1200,
    "powers": "x = 1" + " ** 1" * 1200,
    "signs": "x = " + "-" * 1200 + "1",
    "negations": "x = " + "not " * 1200 + "1",
    "lambdas": "x = " + "lambda: " * 600 + "1",
    "conditions": "x = " + "1 if 1 else " * 600 + "1",
    "blocks": "".join(f"{' ' * depth}if 1:\n" for depth in range(99)) + " " * 99 + "pass",
    "more blocks": "".join(f"{' ' * depth}if 1:\n" for depth in range(1500)) + " " * 1500 + "pass",
    "elifs": "if 1:\n    pass\n" + "elif 1:\n    pass\n" * 600,
    "functions": "".join(f"{' ' * depth}def f():\n" for depth in range(90)) + " " * 90 + "pass",
    "strings": 'x = f"' + "{f'" * 150 + "1" + "'}" * 150 + '"',
}


@pytest.mark.parametrize("text", NESTED.values(), ids=NESTED.keys())
def test_nesting(cli: Cli, project: Path, text: str) -> None:
    spoiled(project, f"import threading\n{text}\n".encode())
    outcome = cli("src", "--format", "concise", "--jobs", "1")
    assert outcome.status == 1, outcome.err
    assert "'BAD' stands here" in outcome.out
    assert outcome.err == ""
    assert all(line.startswith(("src/a.py:3:", "src/spoiled.py:")) for line in outcome.out.splitlines())


def test_nesting_in_a_worker(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conclint.run.engine.WORTH_PROCESSES", 0)
    for name in ("parentheses", "blocks", "more blocks"):
        (project / f"src/{name}.py").write_text(f"import threading\n{NESTED[name]}\n")
    one = cli("src", "--format", "concise", "--jobs", "1")
    assert one.status == 1
    assert cli("src", "--format", "concise", "--jobs", "2") == one


def test_a_symlink_loop(cli: Cli, project: Path) -> None:
    (project / "src/loop").symlink_to(project, target_is_directory=True)
    outcome = cli(".", "--format", "concise", "--select", "TST101")
    assert outcome.status == 1
    assert len(outcome.out.splitlines()) == 1


def test_a_broken_configuration(cli: Cli, project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.conclint]\nselect = [\n")
    outcome = cli("src")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith("conclint: pyproject.toml:2: not TOML: ")
    assert cli("src", "--isolated").status == 1


def test_an_unknown_code(cli: Cli, project: Path) -> None:
    reason = "no rule has the code 'TST9O3', did you mean 'TST903'?"
    assert cli("--select", "TST9O3", "src") == (2, "", f"conclint: --select: {reason}\n")


@pytest.mark.skipif(sys.platform == "win32", reason="file names are bytes on this platform's rivals only")
@pytest.mark.parametrize(
    "name", ["new\nline.py", "esc\x1b[31m.py", "surrogate\udcff.py", "space and 'quote'.py"]
)
def test_odd_file_names(cli: Cli, project: Path, name: str) -> None:
    (project / "src" / name).write_text("import threading\n# BAD\n")
    for form in ("text", "concise", "json", "github"):
        outcome = cli("src", "--format", form)
        assert outcome.status == 1
        assert outcome.err == ""
        assert "\x1b" not in outcome.out
        assert "'BAD' stands here" in outcome.out
