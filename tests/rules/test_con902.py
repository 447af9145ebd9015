"""CON902 on texts that no fixture holds."""

from __future__ import annotations

import pytest

from conclint.finding import Finding
from conclint.run.check import check_source
from conclint.run.fixes import fix
from conclint.source import Source
from conclint_rules.con902_fullwidth_punctuation import FullwidthPunctuation

RULE = FullwidthPunctuation()


def findings(source: Source) -> tuple[Finding, ...]:
    result = check_source(source, [RULE], summarise=False)
    assert result.failures == ()
    return result.findings


def messages(text: str) -> list[str]:
    return [finding.message for finding in findings(Source("x.py", text))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("f（)", "'（' (fullwidth left parenthesis, U+FF08) stands in code, where Python needs '('"),
        (
            'x = “a"',
            "'“' (left double quotation mark, U+201C) stands in code, where Python needs a straight double quote",
        ),
        (
            "x = ‘a'",
            "'‘' (left single quotation mark, U+2018) stands in code, where Python needs a straight single quote",
        ),
        (
            "x =\u3000\u30001",
            "an ideographic space (U+3000) stands in code, where Python needs a plain space",
        ),
        ("x =\xa01", "a no-break space (U+00A0) stands in code, where Python needs a plain space"),
        ("x =\u200b1", "an invisible zero width space (U+200B) stands in code, where Python allows none"),
        ("x = …，", "'…' (horizontal ellipsis, U+2026) stands in code, where Python needs '...'"),
    ],
)
def test_messages(text: str, message: str) -> None:
    assert messages(text)[0] == message


def test_every_place_is_reported_and_the_first_offers_to_mend_them_all() -> None:
    source = Source("x.py", "f（1，\r\n  2）\r\n")
    first, second, third = findings(source)
    assert [(at.span.line, at.span.column) for at in (first, second, third)] == [(1, 2), (1, 4), (2, 4)]
    assert first.fix is not None
    assert first.fix.safe
    assert first.fix.description == "use the 3 ASCII signs"
    assert second.fix is third.fix is None
    assert fix(source, [first, second, third], findings).text == "f(1,\r\n  2)\r\n"


def test_no_fix_where_the_file_would_still_be_no_python() -> None:
    found = findings(Source("x.py", "f（1，\n"))
    assert len(found) == 2
    assert all(finding.fix is None for finding in found)


def test_a_file_that_parses_is_none_of_its_business() -> None:
    assert messages('x = "，"  # ；\n') == []


def test_places_in_a_document_are_those_of_the_document() -> None:
    (found,) = findings(Source("x.md", "f(1，2)\n", first_line=5, indent=3, fragment=True))
    assert (found.span.line, found.span.column, found.span.end_column) == (5, 7, 8)
    assert found.fix is not None
    assert found.fix.edits[0].span == found.span
