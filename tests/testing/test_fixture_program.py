"""That the harness tells programs which do as they say from programs which don't."""

from __future__ import annotations

import os
import sys
import time
import unittest
from pathlib import Path

import pytest

from conclint.testing import check_program, fixtures_in, run_program

LIMIT = 20.0


def check(folder: Path, name: str, text: str, *, limit: float = LIMIT) -> None:
    """Write one program and check it."""
    home = folder / "ABC101-lost-update"
    home.mkdir()
    (home / name).write_text(text, encoding="utf-8")
    (fixture,) = fixtures_in(home)
    check_program(fixture, limit=limit, grace=0.5)


HANG = 'import time\nprint("waiting", flush=True)\ntime.sleep(600)\n'
TALK = "import sys\nprint('座席')\nsys.stderr.write({stderr!r})\nsys.exit({status})\n"
IN_THREAD = "import threading\nthreading.Thread(target=lambda: 1 / 0).start()\n"
IN_CHILD = (
    "import multiprocessing\n\ndef work():\n    import queue\n    queue.Queue().get_nowait()\n\n"
    "if __name__ == '__main__':\n    child = multiprocessing.get_context('spawn').Process(target=work)\n"
    "    child.start()\n    child.join()\n"
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bad.py", f'# fails: hangs after "waiting"\n{HANG}'),
        ("bad.py", "# fails: exits 3\nraise SystemExit(3)\n"),
        ("bad.py", "# fails: raises ZeroDivisionError\n1 / 0\n"),
        ("bad.py", f"# fails: raises ZeroDivisionError\n{IN_THREAD}"),
        ("bad.py", f"# fails: raises Empty\n{IN_CHILD}"),
        ("bad.py", "# fails: raises SyntaxError\nx = = 1\n"),
        ("bad.py", '# fails: prints "座席" instead of "席"\nprint("座席")\n'),
        ("ok_a.py", TALK.format(stderr="", status=0)),
    ],
)
def test_a_program_that_does_as_it_says_passes(tmp_path: Path, name: str, text: str) -> None:
    check(tmp_path, name, text)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("bad.py", '# fails: hangs after "waiting"\nprint("waiting")\n', "does not hang after 'waiting'"),
        ("bad.py", f'# fails: hangs after "something else"\n{HANG}', "does not hang after 'something else'"),
        ("bad.py", "# fails: exits 3\nraise SystemExit(4)\n", "does not exit with 3"),
        ("bad.py", f"# fails: exits 3\n{HANG}", "did not end in"),
        ("bad.py", "# fails: raises KeyError\n1 / 0\n", "does not raise KeyError"),
        (
            "bad.py",
            "# fails: raises Error\nclass MyError(Exception): ...\nraise MyError\n",
            "not raise Error",
        ),
        ("bad.py", '# fails: prints "1" instead of "2"\nprint(2)\n', "does not print '1'"),
        ("ok_a.py", TALK.format(stderr="oh", status=0), "does not keep its error stream empty"),
        ("ok_a.py", TALK.format(stderr="", status=1), "does not exit with 0"),
    ],
)
def test_a_program_that_does_otherwise_fails_with_what_it_said(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    with pytest.raises(AssertionError, match=reason) as caught:
        check(tmp_path, name, text, limit=3.0)
    assert "--- stdout" in str(caught.value)


def test_a_fixed_program_must_print_what_is_right(tmp_path: Path) -> None:
    home = tmp_path / "ABC101-lost-update"
    home.mkdir()
    (home / "bad.py").write_text('# fails: prints "1" instead of "2"\nprint(1)\n', encoding="utf-8")
    (home / "fixed.py").write_text("print(1)\n", encoding="utf-8")
    bad, fixed = fixtures_in(home)
    check_program(bad, limit=LIMIT)
    with pytest.raises(AssertionError, match="does not print '2'"):
        check_program(fixed, limit=LIMIT)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("# python: 3.99", "needs Python 3.99"),
        ("# python: <3.5", "for Pythons below 3.5"),
        ("# start-method: teleport", "teleport"),
    ],
)
def test_what_the_interpreter_can_not_run_is_skipped_by_name(
    tmp_path: Path, header: str, reason: str
) -> None:
    with pytest.raises(unittest.SkipTest, match=f"ABC101-lost-update/ok_a .*{reason}"):
        check(tmp_path, "ok_a.py", f"{header}\nraise SystemExit(1)\n")


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are of POSIX")
def test_the_children_of_a_hanging_program_end_with_it(tmp_path: Path) -> None:
    home = tmp_path / "ABC101-lost-update"
    home.mkdir()
    (home / "bad.py").write_text(
        '# fails: hangs after "waiting"\n'
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True)\n"
        'print("waiting", flush=True)\n'
        "child.wait()\n",
        encoding="utf-8",
    )
    (fixture,) = fixtures_in(home)
    run = run_program(fixture, limit=LIMIT, grace=0.1)
    assert run.hung
    child = int(run.stdout.splitlines()[0])
    deadline = time.monotonic() + LIMIT
    while _is_running(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_running(child)


def _is_running(pid: int) -> bool:
    """Tell whether a process is there and no zombie that nobody has waited for."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_program_runs_in_a_folder_of_its_own_and_without_the_python_settings_of_the_test_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    check(
        tmp_path,
        "ok_a.py",
        "import os, warnings\nopen('left.txt', 'w').close()\nassert os.listdir() == ['left.txt']\n"
        "assert 'PYTHONWARNINGS' not in os.environ\n",
    )
    assert not (tmp_path / "ABC101-lost-update" / "left.txt").exists()
