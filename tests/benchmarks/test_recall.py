"""When a published bug counts as found."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

import recall
from conclint.finding import Finding, Related, Severity, Span

CASE = {
    "id": "one",
    "kind": "wait-not-in-loop",
    "static": "easy",
    "file": "one.py",
    "function": "Box.take",
    "lines": "10-12",
}


def finding(line: int, context: str, code: str = "CON301") -> Finding:
    return Finding("one.py", Span(line, 1, line, 9), code, "name", Severity.ERROR, "message", context)


@pytest.fixture
def case() -> recall.Case:
    (found,) = recall.cases_in({"case": [CASE]}, Path("home"))
    return found


def test_the_files_of_a_case_lie_below_its_id(case: recall.Case) -> None:
    assert (case.buggy, case.fixed) == (Path("home/one/buggy/one.py"), Path("home/one/fixed/one.py"))
    assert case.lines == range(10, 13)


@pytest.mark.parametrize(
    ("line", "context", "code", "verdict"),
    [
        (11, "Box.take", "CON301", "found"),
        (90, "Box.take", "CON301", "found"),
        (90, "Box.take.<locals>.again", "CON301", "found"),
        (90, "outside.<locals>.Box.take", "CON301", "found"),
        (11, "", "CON301", "found"),
        (90, "Box.take_all", "CON301", "missed"),
        (90, "Box", "CON301", "missed"),
        (11, "Box.take", "CON202", "missed"),
    ],
)
def test_a_bug_is_found_in_its_function_or_on_its_lines(
    case: recall.Case, line: int, context: str, code: str, verdict: str
) -> None:
    assert recall.judge(case, [finding(line, context, code)], []).verdict == verdict


@pytest.mark.parametrize(
    ("path", "line", "verdict"), [("one.py", 11, "found"), ("one.py", 90, "missed"), ("two.py", 11, "missed")]
)
def test_a_note_on_the_lines_counts(case: recall.Case, path: str, line: int, verdict: str) -> None:
    note = Related(f"home/one/buggy/{path}", Span(line, 1, line, 9), "which leads here")
    away = msgspec.structs.replace(finding(90, "Shelf.put"), path="home/one/buggy/shelf.py", related=(note,))
    assert recall.judge(case, [away], []).verdict == verdict
    assert recall.judge(case, [away], [away]).verdict == verdict.replace("found", "found, not quiet")


def test_of_a_package_only_the_file_of_the_case_counts(case: recall.Case) -> None:
    here = msgspec.structs.replace(finding(11, "Box.take"), path="home/one/buggy/one.py")
    other = msgspec.structs.replace(here, path="home/one/buggy/another_one.py")
    assert recall.judge(case, [here], []).verdict == "found"
    assert recall.judge(case, [other], []).verdict == "missed"
    twin = msgspec.structs.replace(here, path="home/one/fixed/old/one.py")
    assert recall.judge(case, [here], [twin]).verdict == "found"


def test_whole_packages_are_linted_where_they_are_there(case: recall.Case, tmp_path: Path) -> None:
    assert case.sides(None) == case.sides(tmp_path) == (case.buggy, case.fixed)
    for side in ("buggy", "fixed"):
        (tmp_path / "one" / side).mkdir(parents=True)
    assert case.sides(tmp_path) == (tmp_path / "one" / "buggy", tmp_path / "one" / "fixed")


def test_a_folder_is_linted_as_one_program(tmp_path: Path) -> None:
    (tmp_path / "locks.py").write_text("import threading\n\nlock = threading.Lock()\n")
    use = "import threading\nfrom locks import lock\n\ndef f():\n    with lock:\n        g()\n\ndef g():\n    with lock: pass\n"
    (tmp_path / "use.py").write_text(use)
    assert [one.code for one in recall.lint(tmp_path, default=True)] == ["CON207"]
    assert recall.lint(tmp_path / "use.py", default=True) == ()


def test_what_is_left_in_the_mended_function_counts_against_the_rule(case: recall.Case) -> None:
    buggy = [finding(11, "Box.take")]
    assert recall.judge(case, buggy, [finding(11, "Box.put")]).verdict == "found"
    assert recall.judge(case, buggy, [finding(40, "Box.take")]).verdict == "found, not quiet"


def test_totals_are_given_for_each_class_and_for_all(case: recall.Case) -> None:
    here, away = [finding(11, "Box.take")], [finding(1, "Box.put")]
    outcomes = [recall.judge(case, here, away), recall.judge(case, here, here), recall.judge(case, away, here)]
    assert recall.totals(outcomes) == [("easy", "3", "2", "1"), ("all", "3", "2", "1")]
    assert recall.totals(outcomes[2:]) == [("easy", "1", "0", "0"), ("all", "1", "0", "0")]
