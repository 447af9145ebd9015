"""That the harness distrusts rules: each kind of flaw in a toy rule, or in its fixtures, is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import pytest
from toy_rule import Toy, calls_of

from conclint.draft import Change, Remedy, Report
from conclint.model import ModuleModel
from conclint.testing import (
    Fixture,
    check_fixes,
    check_markers,
    check_messages,
    check_rule,
    check_suppressions,
    fixtures_in,
    lint,
)
from conclint.testing.rules import import_problems

GOOD = """\
# fails: exits 1
import threading


def old() -> None:
    raise SystemExit(1)


old()  # error: ABC101
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "ABC101-old-name"
    home.mkdir()
    (home / "bad.py").write_text(GOOD, encoding="utf-8")
    (home / "fixed.py").write_text("import threading\n\nprint(threading.active_count())\n", encoding="utf-8")
    for name in ("ok_one.py", "ok_two.py"):
        (home / name).write_text("import threading\n", encoding="utf-8")
    return home


def bad(folder: Path, text: str | None = None) -> Fixture:
    if text is not None:
        (folder / "bad.py").write_text(text, encoding="utf-8")
    return next(fixture for fixture in fixtures_in(folder) if fixture.path.name == "bad.py")


def test_a_sound_rule_passes_everything(folder: Path) -> None:
    rules = [Toy()]
    for fixture in fixtures_in(folder):
        check_markers(fixture, rules)
        check_suppressions(fixture, rules)
        check_fixes(fixture, rules)
        check_messages(fixture, rules)
    check_rule(Toy(), fixtures_in(folder))


def test_lint_gives_what_a_run_would_give() -> None:
    text = "import threading\nold()\nold()  # conclint: ignore[ABC101]\n"
    assert [finding.span.line for finding in lint(text, [Toy()])] == [2]
    assert lint("old()\n", [Toy()]) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (GOOD.replace("  # error: ABC101", ""), "line 9: ABC101 is reported: 'old' is the old name"),
        (
            GOOD.replace("import threading", "import threading  # error: ABC101"),
            "line 2: ABC101 is not reported",
        ),
        (GOOD.replace("# error", "# missed"), "ABC101 is reported"),
    ],
)
def test_markers_that_differ_are_told(folder: Path, text: str, reason: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(reason)):
        check_markers(bad(folder, text), [Toy()])


def test_a_gap_that_has_closed_is_told(folder: Path) -> None:
    text = GOOD.replace("# error: ABC101", "# error: ABC101  # missed: ABC101")
    with pytest.raises(AssertionError, match="no longer missed on line 9"):
        check_markers(bad(folder, text), [Toy()])


def test_markers_of_rules_that_are_not_there_are_left_out(folder: Path) -> None:
    check_markers(bad(folder, GOOD.replace("ABC101", "ABC101, ABC999")), [Toy()])


def test_a_rule_whose_needles_leave_its_own_fixture_out_is_told(folder: Path) -> None:
    class Needled(Toy):
        needles = ("haystack",)

    class Other(Toy):
        code = "ABC102"

        def check(self, module: ModuleModel) -> Iterator[Report]:
            yield from ()

    with pytest.raises(AssertionError, match="line 9: ABC101 is not reported"):
        check_markers(bad(folder), [Needled(), Other()])


def test_a_rule_that_says_two_things_of_one_place_is_told(folder: Path) -> None:
    class Twice(Toy):
        def check(self, module: ModuleModel) -> Iterator[Report]:
            for name in calls_of(module, "old"):
                yield Report(name, "'old' is the old name")
                yield Report(name, "'old' is not the new name")

    with pytest.raises(AssertionError, match="line 9: ABC101 is reported 2 times at column 1"):
        check_markers(bad(folder), [Twice()])


def test_a_rule_that_raises_is_told(folder: Path) -> None:
    class Raising(Toy):
        def check(self, module: ModuleModel) -> Iterator[Report]:
            raise IndexError("oh")
            yield

    with pytest.raises(AssertionError, match="IndexError: oh"):
        check_markers(bad(folder), [Raising()])


def test_a_finding_that_does_not_start_on_the_marked_line_escapes_its_comment(folder: Path) -> None:
    with pytest.raises(AssertionError, match="still gives"):
        check_suppressions(bad(folder, GOOD + "old()\n"), [Toy()])


@pytest.mark.parametrize(
    ("instead", "reason"),
    [
        ("old", "never comes to an end"),
        ("new(", "would be no Python"),
        ("old or old", "never comes to an end"),
        ("(lambda: old)()", None),
    ],
)
def test_a_fix_that_mends_nothing_is_told(folder: Path, instead: str, reason: str | None) -> None:
    class Wrong(Toy):
        becomes = instead

    if reason is None:
        check_fixes(bad(folder), [Wrong()])
        return
    with pytest.raises(AssertionError, match=reason):
        check_fixes(bad(folder), [Wrong()])


def test_a_fix_that_loses_a_comment_is_told(folder: Path) -> None:
    class Losing(Toy):
        def check(self, module: ModuleModel) -> Iterator[Report]:
            last = module.tree.module.body[-1]
            assert isinstance(last, cst.SimpleStatementLine)
            for name in calls_of(module, "old"):
                remedy = Remedy("call new", (Change(last.body[0], "new()"),), safe=True)
                yield Report(name, "'old' is old", remedy=remedy)

    text = GOOD.replace("old()  # error: ABC101", "old(  # error: ABC101\n)")
    with pytest.raises(AssertionError, match="has lost # error: ABC101"):
        check_fixes(bad(folder, text), [Losing()])


@pytest.mark.parametrize("message", ["Old is old", "'old' is old.", "", "two\nlines"])
def test_messages_that_are_no_such_sentences_are_told(folder: Path, message: str) -> None:
    class Loud(Toy):
        pass

    Loud.message = message
    with pytest.raises(AssertionError, match="ABC101 says"):
        check_messages(bad(folder), [Loud()])


def test_what_a_rule_lacks_is_told_all_at_once(folder: Path) -> None:
    class Bare(Toy):
        """Find it"""

        name = "another-name"

    for name in ("fixed.py", "ok_two.py"):
        (folder / name).unlink()
    with pytest.raises(AssertionError) as caught:
        check_rule(Bare(), fixtures_in(folder))
    told = str(caught.value)
    for part in (
        "the docstring begins with a sentence",
        "no section '## Why'",
        "no section '## How to fix'",
        "no section '## What is missed'",
        "no section '## Fix safety'",
        "there is no fixed.py",
        "fewer than 2 fixtures ok_*.py",
        "bad has no fixed.py beside it",
        "in a folder of another name than the rule's",
    ):
        assert part in told


@pytest.mark.parametrize(
    "statement",
    [
        "from conclint.run.check import check_source",
        "from conclint import report",
        "import conclint.cli",
        "from abc_rules.abc102_other import Other",
        "from .abc102_other import Other",
    ],
)
def test_an_import_that_rules_have_no_business_with_is_told(statement: str) -> None:
    assert list(import_problems(statement, "abc_rules"))


def test_other_imports_are_left_alone() -> None:
    text = "import re\nimport libcst\nfrom conclint.model import ModuleModel\nfrom conclint import rule\n"
    assert not list(import_problems(text, "abc_rules"))
