from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import pytest

from conclint.finding import Edit, Finding, Fix, Severity, Span
from conclint.run.edits import EditError, Text
from conclint.run.fixes import Fixed, fix
from conclint.run.rewrite import diff
from conclint.source import Source

Lint = Callable[[Source], Sequence[Finding]]


def linter(*rules: tuple[str, str, str, bool]) -> Lint:
    """Return a linter whose rules are (code, pattern, what to put in its place, whether that is safe)."""

    def lint(source: Source) -> list[Finding]:
        found = []
        for number, line in enumerate(re.split(r"\r\n|\r|\n", source.text), 1):
            for code, pattern, instead, safe in rules:
                for match in re.finditer(pattern, line):
                    span = Span(number, match.start() + 1, number, match.end() + 1)
                    edit = Edit(span, match.expand(instead))
                    remedy = Fix("mend it", (edit,), safe)
                    found.append(Finding("a.py", span, code, "a-rule", Severity.ERROR, "bad", fix=remedy))
        return found

    return lint


def fixed(text: str, lint: Lint, *, unsafe: bool = False) -> Fixed:
    source = Source("a.py", text)
    return fix(source, lint(source), lint, unsafe=unsafe)


ACQUIRE = ("CON204", r"with (\w+)\.acquire\(\):", r"with \1:", True)
COMMA = ("CON103", r"args=\((\w+)\)", r"args=(\1,)", True)
START = ("CON104", r"\.run\(\)", ".start()", False)


def test_safe_fixes_are_applied_and_unsafe_ones_only_when_asked_for() -> None:
    text = "with lock.acquire():\n    thread.run()\n"
    lint = linter(ACQUIRE, START)
    assert fixed(text, lint).text == "with lock:\n    thread.run()\n"
    both = fixed(text, lint, unsafe=True)
    assert both.text == "with lock:\n    thread.start()\n"
    assert [one.code for one in both.applied] == ["CON204", "CON104"]
    assert both.changed


def test_nothing_to_do_changes_nothing() -> None:
    outcome = fixed("x = 1\n", linter(ACQUIRE))
    assert not outcome.changed
    assert outcome == Fixed(Source("a.py", "x = 1\n"), "x = 1\n")


def test_overlapping_fixes_wait_for_the_next_round() -> None:
    outer = ("CON900", r"f\((.*)\)", r"g(\1)", True)
    inner = ("CON103", r"args=\((\w+)\)", r"args=(\1,)", True)
    outcome = fixed("f(args=(x))\n", linter(outer, inner))
    assert outcome.text == "g(args=(x,))\n"
    assert [one.code for one in outcome.applied] == ["CON900", "CON103"]
    assert outcome.applied[1].span.line == 1


def test_two_insertions_at_one_place_are_made_one_after_the_other() -> None:
    def lint(source: Source) -> list[Finding]:
        missing = [name for name in ("a", "b") if f"import {name}\n" not in source.text]
        here = Span(1, 1, 1, 1)
        return [
            Finding(
                *("a.py", here, "CON900", "a-rule", Severity.ERROR, name),
                fix=Fix("import it", (Edit(here, f"import {name}\n"),), safe=True),
            )
            for name in missing
        ]

    assert fixed("x = 1\n", lint).text == "import b\nimport a\nx = 1\n"


def test_a_fix_that_would_break_the_file_is_withheld_and_the_others_are_not() -> None:
    outcome = fixed(
        "a = one()\nb = two()\n", linter(("CON901", r"one\(", "one", True), ("CON902", "two", "2", True))
    )
    assert outcome.text == "a = one()\nb = 2()\n"
    assert [one.code for one in outcome.withheld] == ["CON901"]


def test_fixes_that_need_each_other_are_tried_together() -> None:
    fullwidth = ("CON902", "[（）]", "'", True)

    def lint(source: Source) -> list[Finding]:
        return [
            finding
            for code, wide, narrow in (("CON902", "（", "("), ("CON902", "）", ")"))
            for finding in linter((code, wide, narrow, True))(source)
        ]

    assert fixed("print（1）\n", lint).text == "print(1)\n"
    outcome = fixed("print（1）\n", linter(fullwidth))
    assert not outcome.changed
    assert len(outcome.withheld) == 2


def test_a_rule_whose_fixes_never_end_is_left_out_and_the_others_are_not() -> None:
    outcome = fixed(
        "x = 1\nwith lock.acquire():\n    pass\n", linter(("CON900", r"\bx+\b", r"\g<0>x", True), ACQUIRE)
    )
    assert outcome.text == "x = 1\nwith lock:\n    pass\n"
    assert outcome.endless == {"CON900"}


def test_of_two_rules_that_undo_each_other_one_is_left_out() -> None:
    outcome = fixed("x = 1\n", linter(("CON900", "x", "y", True), ("CON901", "y", "x", True)))
    assert outcome.text == "y = 1\n"
    assert outcome.endless == {"CON901"}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_new_lines_end_as_those_around_them(newline: str) -> None:
    text = newline.join(["if a:", "    with lock.acquire():", "        pass", ""])
    lint = linter(("CON204", r"with (\w+)\.acquire\(\):", r"with (\n        \1\n    ):", True))
    expected = ["if a:", "    with (", "        lock", "    ):", "        pass", ""]
    assert fixed(text, lint).text == newline.join(expected)


def test_columns_count_code_points_and_form_feeds_end_no_line() -> None:
    text = "\x0c\n'座席𝄞'; with_ = 1\nx = '\x0c'; args=(x)\n"
    assert fixed(text, linter(COMMA)).text == "\x0c\n'座席𝄞'; with_ = 1\nx = '\x0c'; args=(x,)\n"


@pytest.mark.parametrize(
    "edits",
    [
        (Edit(Span(9, 1, 9, 1), "x"),),
        (Edit(Span(1, 9, 1, 9), "x"),),
        (Edit(Span(1, 3, 1, 1), "x"),),
        (Edit(Span(1, 1, 1, 3), "x"), Edit(Span(1, 2, 1, 4), "y")),
        (Edit(Span(0, 0, 0, 0), "x"),),
    ],
)
def test_edits_that_fit_nowhere_are_withheld(edits: tuple[Edit, ...]) -> None:
    with pytest.raises(EditError):
        Text("abc\n").replacements(Fix("", edits, safe=True))
    finding = Finding(
        "a.py", Span(1, 1, 1, 2), "CON900", "a-rule", Severity.ERROR, "bad", fix=Fix("", edits, safe=True)
    )
    outcome = fix(Source("a.py", "abc\n"), [finding], lambda _: [finding])
    assert outcome == Fixed(Source("a.py", "abc\n"), "abc\n", withheld=(finding,))


def pieces(source: Source) -> list[Source]:
    """Return the fences of a document in which each is indented by four columns, as in a list."""
    return [
        Source(
            "a.md",
            "\n".join(line[4:] for line in match[1].split("\n")),
            first_line=source.text[: match.start(1)].count("\n") + 1,
            indent=4,
        )
        for match in re.finditer(r"    ```python\n(.*?)\n    ```", source.text, re.DOTALL)
    ]


DOCUMENT = """\
1. with lock.acquire():

    ```python
    with lock.acquire():
        pass
    ```

    ```python
    print（1）
    ```

    ```python
    print（（1）
    ```
"""


def test_in_a_document_new_lines_get_the_margin_and_each_fence_is_judged_alone() -> None:
    def lint(source: Source) -> list[Finding]:
        in_text = linter(
            ("CON204", r"^    with (\w+)\.acquire\(\):", r"    with (\n    \1\n):", True),
            ("CON902", "（", "(", True),
            ("CON902", "）", ")", True),
        )
        return list(in_text(source))

    source = Source("a.md", DOCUMENT)
    outcome = fix(source, lint(source), lint, pieces=pieces)
    assert outcome.text == DOCUMENT.replace(
        "    with lock.acquire():\n", "    with (\n        lock\n    ):\n"
    ).replace("print（1）", "print(1)")
    assert {one.span.line for one in outcome.withheld} == {15}


def test_a_diff_is_one_that_patch_understands(tmp_path: Path) -> None:
    text = "a = 1\r\nwith lock.acquire():\r\n    pass\r\nx = 1"
    outcome = fixed(text, linter(ACQUIRE, ("CON900", "x = 1", "x = 2", True)))
    assert diff(outcome) == (
        "--- a.py\n+++ a.py\n@@ -1,4 +1,4 @@\n a = 1\r\n-with lock.acquire():\r\n+with lock:\r\n     pass\r\n"
        "-x = 1\n\\ No newline at end of file\n+x = 2\n\\ No newline at end of file\n"
    )
    (tmp_path / "a.py").write_bytes(text.encode())
    subprocess.run(
        ["patch", "-p0", "--binary"],
        cwd=tmp_path,
        input=diff(outcome).encode(),
        check=True,
        capture_output=True,
    )
    assert (tmp_path / "a.py").read_bytes().decode() == outcome.text
    assert diff(fixed("x = 1\n", linter(ACQUIRE))) == ""


@hypothesis.given(st.text(alphabet="a\r\n座\t", max_size=20), st.data())
def test_a_replacement_changes_its_place_and_nothing_else(text: str, data: st.DataObject) -> None:
    place = Text(text)
    lines = re.split(r"\r\n|\r|\n", text)
    line = data.draw(st.integers(1, len(lines)))
    column = data.draw(st.integers(1, len(lines[line - 1]) + 1))
    span = Span(line, column, line, len(lines[line - 1]) + 1)
    changed = place.replaced(place.replacements(Fix("", (Edit(span, "NEW"),), safe=True)))
    start = place.offset(line, column)
    rest = lines[line - 1][column - 1 :]
    assert changed == text[:start] + "NEW" + text[start + len(rest) :]
    assert [len(part) for part in re.split(r"\r\n|\r|\n", changed)][: line - 1] == [
        len(part) for part in lines[: line - 1]
    ]
