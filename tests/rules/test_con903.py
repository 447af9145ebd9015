"""CON903 on texts that no fixture holds."""

from __future__ import annotations

import pytest

from conclint.run.check import check_source
from conclint.source import Source
from conclint_rules.con902_fullwidth_punctuation import FullwidthPunctuation
from conclint_rules.con903_syntax_error import NoPython

RULES = [FullwidthPunctuation(), NoPython()]


def reported(text: str) -> list[tuple[str, int, int, str]]:
    result = check_source(Source("x.py", text), RULES, summarise=False)
    assert result.failures == ()
    return [
        (finding.code, finding.span.line, finding.span.column, finding.message) for finding in result.findings
    ]


def test_the_parsers_words_at_the_parsers_place() -> None:
    assert reported("x = 1\ny = (\n") == [("CON903", 2, 5, "no Python: '(' was never closed")]


def test_silent_where_ascii_signs_would_mend_the_file() -> None:
    assert {code for code, *_ in reported("f（1）\n")} == {"CON902"}


def test_what_is_wrong_beside_fullwidth_signs_is_told_at_its_place() -> None:
    assert reported("f（1）\ndef g()\n    pass\n")[2:] == [("CON903", 2, 8, "no Python: expected ':'")]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 2000 + ")" * 2000,
        "x = " + "-" * 2000 + "1",
        "x" + ".y" * 2000,
        "[" * 5000,
        "x = 1\n" + " y",
        "\x00",
    ],
)
def test_hostile_texts_cost_a_finding_at_most(text: str) -> None:
    assert len(reported(text)) <= 1
