"""The command as a process: how it starts, what it costs, and how it ends."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

CONCURRENT = "import threading\n\nlock = threading.Lock()\n"


def run(*arguments: str, code: str = "", folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
    start = ["-c", code] if code else ["-m", "conclint"]
    return subprocess.run(
        [sys.executable, *start, *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=120,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "plain.py").write_text("print('one after the other')\n")
    return tmp_path


def test_the_module_can_be_run(project: Path) -> None:
    done = run("plain.py", folder=project)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Found nothing in 1 file.\n", "")


def test_the_script_is_installed(project: Path) -> None:
    script = Path(sysconfig.get_path("scripts")) / "conclint"
    done = subprocess.run(
        [script, "--version"], check=False, capture_output=True, text=True, cwd=project, timeout=120
    )
    assert done.returncode == 0
    assert done.stdout.startswith("conclint 0.")


def test_help_shows_the_options_of_the_default_command(project: Path) -> None:
    done = run("--help", folder=project)
    assert done.returncode == 0
    for word in ("--select", "--jobs", "--unsafe-fixes", "--version", "rule", "demo"):
        assert f"  {word}" in done.stdout or f", {word}" in done.stdout
    assert run("-h", folder=project).stdout == done.stdout


LOADED = """
import sys
from conclint.cli import main
status = main(sys.argv[1:])
heavy = {"libcst", "pathspec", "markdown_it", "multiprocessing", "asyncio", "difflib"} & set(sys.modules)
print(status, sorted(heavy))
"""


def test_only_what_a_run_needs_is_loaded(project: Path) -> None:
    assert run("plain.py", code=LOADED, folder=project).stdout.splitlines()[-1] == "0 []"
    assert run("--help", code=LOADED, folder=project).stdout.splitlines()[-1] == "0 []"
    (project / "locks.py").write_text(CONCURRENT)
    assert "libcst" in run("locks.py", code=LOADED, folder=project).stdout.splitlines()[-1]


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the platform does not tell what a process cost")
def test_a_run_without_concurrent_files_starts_fast(project: Path) -> None:
    def cost(*command: str) -> float:
        """Return the processor time of a command in seconds, the least of several attempts."""
        costs = []
        for _ in range(5):
            process = subprocess.Popen(
                [sys.executable, *command], cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            _, _, usage = os.wait4(process.pid, 0)
            process.returncode = 0
            costs.append(usage.ru_utime + usage.ru_stime)
        return min(costs)

    bare = cost("-c", "pass")
    assert cost("-m", "conclint", "--help") < bare + 0.3
    assert cost("-m", "conclint", "plain.py") < bare + 0.3


BROKEN_PACK = """
import importlib.metadata, sys
points = importlib.metadata.entry_points(group="conclint.rules")
broken = importlib.metadata.EntryPoint("acme", sys.argv[1], "conclint.rules")
real = importlib.metadata.entry_points
importlib.metadata.entry_points = lambda **wanted: [*real(**wanted), broken]
from conclint.cli import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("paths", [("locks.py",), ("plain.py",), ("--select", "CON101", "locks.py"), ("-",)])
def test_a_broken_rule_pack_is_never_clean(project: Path, paths: tuple[str, ...]) -> None:
    (project / "locks.py").write_text(CONCURRENT)
    (project / "acme_rules").mkdir()
    (project / "acme_rules/__init__.py").write_text("import no_such_module_anywhere\n")
    done = run("acme_rules", *paths, code=BROKEN_PACK, folder=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("conclint: rule pack 'acme': ")
    assert "no_such_module_anywhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_rule_pack_is_told_beside_other_mistakes(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.conclint]\ncolour = 1\n")
    done = run("acme_rules_that_are_not_there", "plain.py", code=BROKEN_PACK, folder=project)
    assert done.returncode == 2
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == [
        "pyproject.toml:2",
        "rule pack 'acme'",
    ]


DEFECT = """
import sys
import conclint.cli.call as call
def fail(*_, **__):
    raise ZeroDivisionError("a defect")
call.plan = fail
from conclint.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_defect_ends_with_3(project: Path) -> None:
    done = run("plain.py", code=DEFECT, folder=project)
    assert done.returncode == 3
    assert "internal error" in done.stderr
    assert "ZeroDivisionError: a defect" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end in another way there")
def test_a_reader_that_goes_away_is_no_defect(project: Path) -> None:
    for number in range(400):
        (project / f"broken{number}.py").write_text("import threading\n)\n")
    command = f"'{sys.executable}' -m conclint --jobs 1 --format concise . | head -n 1"
    done = subprocess.run(
        command, shell=True, check=False, capture_output=True, text=True, cwd=project, timeout=120
    )
    assert done.stdout.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr
