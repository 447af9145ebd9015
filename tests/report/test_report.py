"""What each format looks like, against `golden/`; `pytest tests/report --update-golden` writes that anew."""

from __future__ import annotations

import io
import json
from pathlib import Path

import msgspec
import pytest

from conclint.finding import Edit, Failure, Finding, Fix, Flow, Related, Severity, Span
from conclint.report import Format, render, render_failures, render_statistics, summary
from conclint.run.result import RunResult

GOLDEN = Path(__file__).parent / "golden"

SHOP = """\
import threading
from threading import Thread

sold = {}


def sell(seat):
\tglobal sold
\tsold["座席"] = sold.get("座席", 0) + price(seat)\t# 売る


def sell_all(seats):
    for seat in seats:
        Thread(
            target=sell,
            args=(seat),
        ).setDaemon(True)
"""

RESULT = RunResult(
    findings=(
        Finding(
            path="shop/tickets.py",
            span=Span(9, 2, 9, 46),
            code="CON401",
            name="unguarded-global",
            severity=Severity.ERROR,
            message="'sold' is changed in 'sell', which many threads run, without a lock",
            context="sell",
            related=(
                Related("shop/tickets.py", Span(14, 9, 17, 10), "the threads that run it start here"),
                Related("shop/gone.py", Span(120, 1, 120, 8), "and here: 100%, sure"),
            ),
            flows=(
                Flow(
                    "a thread",
                    (
                        Related("shop/tickets.py", Span(14, 9, 17, 10), "handed to a thread here"),
                        Related("shop/tickets.py", Span(9, 2, 9, 46), "'sold' is changed here"),
                    ),
                ),
            ),
        ),
        Finding(
            path="shop/tickets.py",
            span=Span(14, 9, 17, 26),
            code="CON121",
            name="deprecated-threading-name",
            severity=Severity.WARNING,
            message="'setDaemon' is deprecated since Python 3.10",
            context="sell_all",
            fix=Fix("set 'daemon'", (Edit(Span(17, 10, 17, 26), ".daemon = True"),), safe=True),
        ),
        Finding(
            path="shop/tickets.py",
            span=Span(16, 18, 16, 24),
            code="CON103",
            name="args-not-a-tuple",
            severity=Severity.ERROR,
            message="'args=(seat)' is no tuple",
            context="sell_all",
            fix=Fix("add the comma", (Edit(Span(16, 23, 16, 23), ","),), safe=False),
        ),
        Finding(
            path="we:ird, na%me.py",
            span=Span(1, 1, 1, 1),
            code="CON103",
            name="args-not-a-tuple",
            severity=Severity.ERROR,
            message="'args' is no tuple\x1b[31m\nsecond line",
        ),
    ),
    failures=(
        Failure("shop/broken.py", "can't be decoded: 'utf-8', byte 0xff on line 3"),
        Failure("shop/odd.py", "IndexError: list index out of range\n  in CON301", internal=True),
    ),
    files=120,
)


def source_of(path: str) -> str | None:
    return SHOP if path == "shop/tickets.py" else None


def shown(format_: Format, result: RunResult = RESULT, *, color: bool = False) -> str:
    stream = io.StringIO()
    render(format_, result, stream=stream, color=color, read_source=source_of)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("text.txt", shown(Format.TEXT)),
        ("text-color.txt", shown(Format.TEXT, color=True)),
        ("concise.txt", shown(Format.CONCISE)),
        ("json.json", shown(Format.JSON)),
        ("github.txt", shown(Format.GITHUB)),
    ],
)
def test_format_is_golden(name: str, text: str, request: pytest.FixtureRequest) -> None:
    file = GOLDEN / name
    if request.config.getoption("--update-golden"):
        file.write_text(text, encoding="utf-8", newline="\n")
    assert text == file.read_text(encoding="utf-8")


def test_json_has_the_promised_keys() -> None:
    document = json.loads(shown(Format.JSON))
    assert list(document) == ["version", "findings", "errors", "summary"]
    assert document["version"] == 1
    first, deprecated = document["findings"][:2]
    assert list(first) == [
        *("code", "name", "severity", "message", "path", "line", "column", "end_line", "end_column"),
        *("context", "related", "fix", "flows", "fingerprint"),
    ]
    assert first["fix"] is None
    assert first["related"][0] == {
        "path": "shop/tickets.py",
        "line": 14,
        "column": 9,
        "end_line": 17,
        "end_column": 10,
        "message": "the threads that run it start here",
    }
    edit = {"line": 17, "column": 10, "end_line": 17, "end_column": 26, "text": ".daemon = True"}
    assert deprecated["fix"] == {"description": "set 'daemon'", "safe": True, "edits": [edit]}
    assert document["errors"][0]["path"] == "shop/broken.py"
    assert document["summary"]["errors"] == 3
    assert document["summary"]["rules"][0] == {
        "code": "CON103",
        "name": "args-not-a-tuple",
        "findings": 2,
        "fixable": 1,
    }


def test_github_escapes_what_would_end_a_property_or_the_message() -> None:
    last = shown(Format.GITHUB).splitlines()[3]
    assert "file=we%3Aird%2C na%25me.py," in last
    assert last.endswith("::'args' is no tuple\x1b[31m%0Asecond line")


def test_github_gives_columns_for_single_lines_only() -> None:
    first, second = shown(Format.GITHUB).splitlines()[:2]
    assert ",line=9,endLine=9,col=2,endColumn=45," in first
    assert "col=" not in second


def test_carets_stand_under_what_they_mark_after_a_tab_and_wide_characters() -> None:
    source, carets = shown(Format.TEXT).splitlines()[1:3]
    assert source == '  9 |     sold["座席"] = sold.get("座席", 0) + price(seat)    # 売る'
    # A tab of four cells; 44 code points are marked, four of them two cells wide.
    assert carets == "    |     " + "^" * 48


def test_a_terminal_gets_no_control_characters_from_the_source() -> None:
    finding = Finding("a\x1bb.py", Span(1, 1, 1, 3), "CON103", "n", Severity.ERROR, "x\x9b2J")
    stream = io.StringIO()
    render("text", RunResult((finding,)), stream=stream, read_source=lambda _: "f(\x1b[2J\u202e)\x00")
    assert "\x1b" not in stream.getvalue()
    assert "\x9b" not in stream.getvalue()
    assert "f(␛[2J�)␀" in stream.getvalue()
    assert "a\\x1bb.py:1:1: CON103 n: x\\x9b2J" in stream.getvalue()


@pytest.mark.parametrize("format_", list(Format))
def test_a_narrow_stream_and_an_undecodable_path_are_no_trouble(format_: Format) -> None:
    finding = Finding("caf\udce9.py", Span(1, 1, 1, 3), "CON103", "n", Severity.ERROR, "'数' is no tuple")
    bytes_ = io.BytesIO()
    stream = io.TextIOWrapper(bytes_, encoding="ascii")
    render(format_, RunResult((finding,), files=1), stream=stream, read_source=lambda _: "数 = 1")
    stream.flush()
    text = bytes_.getvalue().decode("ascii")
    assert "\\u6570" in text
    if format_ is Format.JSON:
        assert json.loads(text)["findings"][0]["path"] == "caf\udce9.py"


def test_failures_are_one_line_each_with_the_path() -> None:
    stream = io.StringIO()
    render_failures(RESULT.failures, stream=stream, color=False)
    assert stream.getvalue() == (
        "error: shop/broken.py: can't be decoded: 'utf-8', byte 0xff on line 3\n"
        "internal error: shop/odd.py: IndexError: list index out of range\n"
        "    in CON301\n"
    )


def test_statistics_count_each_rule_the_most_frequent_first() -> None:
    stream = io.StringIO()
    render_statistics(RESULT, stream=stream, color=False)
    assert stream.getvalue() == (
        "2  CON103 args-not-a-tuple (1 with a fix)\n"
        "1  CON121 deprecated-threading-name (1 with a fix)\n"
        "1  CON401 unguarded-global\n"
    )


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (RunResult(files=1), "Found nothing in 1 file."),
        (RunResult(), "There was no file to check."),
        (RunResult(failures=RESULT.failures), "There was no file to check. 2 paths could not be checked."),
        (
            RunResult(RESULT.findings, files=120),
            "Found 3 errors, 1 warning in 2 of 120 files.",
        ),
        (RunResult(RESULT.findings[1:2], files=1), "Found 1 warning in 1 of 1 file."),
    ],
)
def test_summary(result: RunResult, line: str) -> None:
    assert summary(result) == line


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="xml"):
        render("xml", RESULT, stream=io.StringIO())


def test_a_fingerprint_outlives_lines_that_are_added_above() -> None:
    one = RESULT.findings[0]
    moved = msgspec.structs.replace(
        one, path="elsewhere.py", span=Span(99, 2, 99, 46), message=one.message.replace("line 9", "line 99")
    )
    assert moved.fingerprint == one.fingerprint
    assert len({finding.fingerprint for finding in RESULT.findings}) > 1


def test_findings_that_say_the_same_are_counted() -> None:
    one = RESULT.findings[0]
    twice = RunResult(findings=(one, msgspec.structs.replace(one, span=Span(30, 1, 30, 2))))
    stream = io.StringIO()
    render("json", twice, stream=stream)
    found = [finding["fingerprint"] for finding in json.loads(stream.getvalue())["findings"]]
    assert found == [f"{one.fingerprint}:1", f"{one.fingerprint}:2"]
