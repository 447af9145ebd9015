"""How findings and verdicts become a table."""

from __future__ import annotations

from pathlib import Path

import pytest

import precision
from conclint.finding import Finding, Related, Severity, Span

ROOT = Path("corpus")


def finding(path: str, line: int, code: str = "CON301") -> Finding:
    return Finding(str(ROOT / path), Span(line, 1, line, 9), code, "name", Severity.ERROR, "it waits")


CORPUS = precision.Corpus((Path("elsewhere"), ROOT), (str(ROOT / "box/box/core.py"),), 2_000)
FINDINGS = (finding("box/box/core.py", 3), finding("box/box/core.py", 8), finding("box/box/core.py", 9))


def verdicts(**by_line: bool) -> precision.Verdicts:
    said = {f"box:box/core.py:{line[1:]}:CON301": precision.Verdict(real, "read") for line, real in by_line.items()}
    return precision.Verdicts(said, {"box": "1.0"})


def test_a_key_names_the_package_first_and_no_folder_of_this_machine() -> None:
    assert CORPUS.key(FINDINGS[0]) == "box:box/core.py:3:CON301"


def test_shares_are_of_what_was_read_and_is_still_found() -> None:
    (row,) = precision.rows(FINDINGS, CORPUS, verdicts(_3=True, _8=False, _77=False), ["CON301"])
    assert row[4:] == ("3", "1.500", "2", "1", "50%")


def test_what_nobody_has_read_has_no_share() -> None:
    (row,) = precision.rows(FINDINGS, CORPUS, verdicts(), ["CON301"])
    assert row[4:] == ("3", "1.500", "", "", "")


def test_verdicts_about_what_is_gone_are_told() -> None:
    gone = list(precision.forgotten(FINDINGS, CORPUS, verdicts(_3=True, _70=True, _71=False)))
    assert gone == [
        "no longer found: box:box/core.py:70:CON301: read",
        "no longer a false alarm: box:box/core.py:71:CON301: read",
    ]


def test_a_sample_is_the_same_for_the_same_seed_and_may_leave_out_what_was_read() -> None:
    drawn = [precision.sample(FINDINGS, CORPUS, None, 2, 7) for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert precision.sample(FINDINGS, CORPUS, verdicts(_3=True), 25, 0) == list(FINDINGS[1:])


def test_a_finding_is_shown_with_the_source_of_each_place(tmp_path: Path) -> None:
    path = tmp_path / "core.py"
    path.write_text("".join(f"line {number}\n" for number in range(1, 30)), encoding="utf-8")
    other = Related(str(path), Span(20, 1, 20, 9), "made here")
    at = Finding(str(path), Span(3, 1, 3, 9), "CON301", "name", Severity.ERROR, "it waits", "f", (other,))
    text = list(precision.shown(at, "key"))
    assert text[:2] == ["=== key [f]", "    it waits"]
    assert "    >    3 line 3" in text
    assert "    >   20 line 20" in text
    assert "         9 line 9" not in text


def test_a_verdict_says_real_or_false_and_why(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.toml"
    path.write_text('[verdicts]\n"a:b.py:1:CON301" = { verdict = "real", reason = "read" }\n', encoding="utf-8")
    assert precision.read_verdicts(path).by_key == {"a:b.py:1:CON301": precision.Verdict(real=True, reason="read")}
    path.write_text('[verdicts]\n"a:b.py:1:CON301" = { verdict = "maybe", reason = "" }\n', encoding="utf-8")
    with pytest.raises(ValueError, match="neither real nor false"):
        precision.read_verdicts(path)


def test_the_verdicts_that_we_keep_can_be_read() -> None:
    assert precision.read_verdicts(Path(precision.__file__).with_name("verdicts.toml")).versions
