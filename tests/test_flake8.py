"""flake8 run as its users run it, in a process of its own."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from conclint.packs import installed_rules

pytest.importorskip("flake8")

FIXTURES = Path(__file__).parent / "fixtures"

CALL = """\
import threading


def work():
    pass


def start():
    座席 = threading.Thread(target=work, args=(3))
    座席.start()
    座席.join()
"""


def flake8(*arguments: str, folder: Path, text: str | None = None) -> list[str]:
    """Return the lines that flake8 prints; it must not fail."""
    done = subprocess.run(
        [sys.executable, "-m", "flake8", *arguments],
        cwd=folder,
        input=None if text is None else text.encode(),
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""
    assert done.returncode in {0, 1}
    return done.stdout.decode().splitlines()


def command_line(*arguments: str, folder: Path) -> set[tuple[str, int, int, str]]:
    """Return path, line, column and text of what the command finds."""
    done = subprocess.run(
        [sys.executable, "-m", "conclint", "--isolated", "--format", "json", *arguments],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    return {
        (one["path"], one["line"], one["column"], f"{one['code']} {one['message']}")
        for one in json.loads(done.stdout)["findings"]
    }


def placed(lines: list[str]) -> set[tuple[str, int, int, str]]:
    """Take flake8's lines apart: `path:line:column: text`."""
    found = set()
    for each in lines:
        path, line, column, text = each.split(":", 3)
        found.add((path.removeprefix("./"), int(line), int(column), text.strip()))
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "calls.py").write_text(CALL, encoding="utf-8")
    return tmp_path


def test_it_shows_exactly_what_the_command_line_shows_for_the_fixtures() -> None:
    shown = placed(flake8("--isolated", "--select", "CON,E9", "--jobs", "2", ".", folder=FIXTURES))
    broken = {path for path, _, _, text in shown if text.startswith("E9")}
    assert broken == {
        path.relative_to(FIXTURES).as_posix() for path in FIXTURES.rglob("*.py") if not _parses(path)
    }
    expected = command_line("--select", "ALL", "--jobs", "1", ".", folder=FIXTURES)
    assert {one for one in shown if one[0] not in broken} == {one for one in expected if one[0] not in broken}


def _parses(path: Path) -> bool:
    try:
        ast.parse(path.read_bytes())
    except SyntaxError:
        return False
    return True


def test_column_and_line_are_those_of_the_command_line_after_wide_characters(folder: Path) -> None:
    (line,) = flake8("--isolated", "--select", "CON", "calls.py", folder=folder)
    assert line.startswith("calls.py:9:46: CON103 ")
    assert placed([line]) == command_line("calls.py", folder=folder)


def test_it_reads_standard_input(folder: Path) -> None:
    (line,) = flake8(
        *("--isolated", "--select", "CON", "--stdin-display-name", "shown.py", "-"), folder=folder, text=CALL
    )
    assert line.startswith("shown.py:9:46: CON103 ")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_mark_move_nothing(folder: Path, newline: str, mark: bytes) -> None:
    (folder / "calls.py").write_bytes(mark + CALL.replace("\n", newline).encode())
    (line,) = flake8("--isolated", "--select", "CON", "calls.py", folder=folder)
    assert line.startswith("calls.py:9:46: CON103 ")


@pytest.mark.parametrize("comment", ["# conclint: ignore[CON103]", "# noqa: CON103", "# noqa"])
def test_comments_hide_a_finding(folder: Path, comment: str) -> None:
    (folder / "calls.py").write_text(CALL.replace("(3))", f"(3))  {comment}"), encoding="utf-8")
    assert flake8("--isolated", "--select", "CON", "calls.py", folder=folder) == []


def test_a_conclint_comment_stands_against_disable_noqa_and_a_noqa_does_not(folder: Path) -> None:
    for comment, expected in (("# conclint: ignore[CON103]", 0), ("# noqa: CON103", 1)):
        (folder / "calls.py").write_text(CALL.replace("(3))", f"(3))  {comment}"), encoding="utf-8")
        shown = flake8("--isolated", "--select", "CON", "--disable-noqa", "calls.py", folder=folder)
        assert len(shown) == expected


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("[flake8]\nselect = CON\n", 1),
        ("[flake8]\nselect = CON\nextend-ignore = CON103\n", 0),
        ("[flake8]\nselect = CON\nper-file-ignores = calls.py:CON1\n", 0),
        ("[flake8]\nselect = CON4\n", 0),
    ],
)
def test_a_config_file_decides(folder: Path, config: str, expected: int) -> None:
    (folder / ".flake8").write_text(config, encoding="utf-8")
    assert len(flake8("calls.py", folder=folder)) == expected


def test_the_rules_that_are_off_by_default_are_off_until_selected(folder: Path) -> None:
    script = (
        "import sys\n"
        "from conclint import packs\n"
        "for rule in packs.installed_rules():\n"
        "    if rule.code == 'CON103':\n"
        "        type(rule).default = False\n"
        "from flake8.main.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )

    def shown(*options: str) -> str:
        command = [sys.executable, "-c", script, "--isolated", "--jobs", "1", *options, "calls.py"]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout

    assert shown() == ""
    assert "CON103" in shown("--extend-select", "CON103")
    assert "CON103" in shown("--select", "CON")


def test_what_is_off_by_default_on_the_command_line_is_off_in_flake8_too() -> None:
    off = [rule.code for rule in installed_rules() if not rule.default]
    ignored: list[str] = []

    class Manager:
        def extend_default_ignore(self, codes: list[str]) -> None:
            ignored.extend(codes)

    from conclint.flake8 import Plugin

    Plugin.add_options(Manager())
    assert ignored == off


def test_a_file_without_concurrency_costs_no_parser(folder: Path) -> None:
    script = (
        "import ast, sys\n"
        "from conclint.flake8 import Plugin\n"
        "assert list(Plugin(ast.parse('x = 1'), 'a.py', ['x = 1\\n']).run()) == []\n"
        "sys.exit('libcst' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=folder)


def test_a_pack_that_can_not_be_imported_ends_the_run_and_is_named(folder: Path) -> None:
    script = (
        "import sys\n"
        "from conclint import packs\n"
        "packs.GROUP = 'conclint.nothing'\n"
        "from flake8.main.cli import main\n"
        "sys.exit(main(['--isolated', 'calls.py']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "no rule pack is installed" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_defect_is_shown_and_the_other_files_are_still_checked(folder: Path) -> None:
    (folder / "other.py").write_text(CALL.replace("threading.Thread", "threading.Timer"), encoding="utf-8")
    script = (
        "import sys\n"
        "from conclint.packs import installed_rules\n"
        "def check(self, module):\n"
        "    raise IndexError('oh')\n"
        "for rule in installed_rules():\n"
        "    if rule.code == 'CON119':\n"
        "        type(rule).check, type(rule).needles = check, ('Timer',)\n"
        "from flake8.main.cli import main\n"
        "sys.exit(main(['--isolated', '--jobs', '1', '--select', 'CON', '.']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )
    assert "other.py:1:1: CON000 conclint failed: CON119 failed: IndexError: oh" in done.stdout
    assert "calls.py:9:46: CON103" in done.stdout
    assert "Traceback" not in done.stderr
