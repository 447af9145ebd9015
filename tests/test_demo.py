from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conclint import demo
from conclint.packs import installed_rules
from conclint.rule import Rule

ROOT = Path(__file__).parents[1]


def rule(code: str) -> Rule:
    return next(rule for rule in installed_rules() if rule.code == code)


def test_it_shows_the_failure_and_the_mended_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.run("CON103") == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"CON103 args-not-a-tuple\n{rule('CON103').summary()}\n")
    bad, fixed = re.split(r"\$ python .*CON103-args-not-a-tuple.fixed\.py\n", shown)
    assert "  | TypeError: print_file() takes 1 positional argument but 10 were given" in bad
    assert "=> it raises TypeError" in bad
    assert "=> it works, in " in fixed


def test_a_hang_is_shown_and_ended(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.run("CON201") == 0
    assert "=> it hangs here, and was stopped" in capsys.readouterr().out


def test_a_program_that_is_no_python_is_shown_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.run("CON902") == 0
    assert "=> it raises SyntaxError" in capsys.readouterr().out


def test_every_rule_has_a_demo() -> None:
    for one in installed_rules():
        folder = demo.fixtures_of(one)
        assert folder is not None, one.code
        assert {"bad.py", "fixed.py"} <= {path.name for path in folder.iterdir()}


def test_a_wheel_carries_the_programs_inside_of_the_pack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "abc_rules"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    shutil.copy(ROOT / "rules" / "conclint_rules" / "con103_args_not_a_tuple.py", package / "one.py")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    import importlib

    copied: Rule = importlib.import_module("abc_rules.one").ArgsNotATuple()
    assert demo.fixtures_of(copied) is None
    inside = package / "_fixtures" / "CON103-args-not-a-tuple"
    inside.mkdir(parents=True)
    assert demo.fixtures_of(copied) == inside


def test_a_pack_without_programs_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "fixtures_of", lambda _: None)
    assert demo.run("CON103") == 1
    assert "came without the programs" in capsys.readouterr().err


def test_the_command_takes_codes_and_names() -> None:
    for word in ("CON103", "args-not-a-tuple"):
        command = [sys.executable, "-m", "conclint", "demo", word]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0
        assert "=> it raises TypeError" in done.stdout
