from __future__ import annotations

import hypothesis
import hypothesis.strategies as st
import msgspec
import pytest

from conclint.finding import Finding, Severity, Span
from conclint.run.suppress import Suppressions
from conclint.source import Source


def finding(line: int, code: str = "CON401") -> Finding:
    return Finding("a.py", Span(line, 1, line, 2), code, "some-rule", Severity.ERROR, "it is so")


def hidden_lines(text: str, code: str = "CON401", **where: int) -> list[int]:
    """Return the lines on which a finding of `code` would be hidden."""
    source = Source("a.py", text, **where)  # type: ignore[arg-type]
    findings = [finding(line, code) for line in range(1, 40)]
    left = Suppressions.of(source).visible(findings)
    assert left == [one for one in findings if Suppressions.of(source, [one]).visible([one])]
    return [one.span.line for one in findings if one not in left]


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "#noqa",
        "# NOQA: CON401",
        "# noqa:E501,CON401",
        "# noqa: E501 CON401 as is",
        "# noqa: CON4",
        "# noqa: con401",
        "# conclint: ignore[CON401]",
        "#conclint:ignore[CON402,CON401]",
        "# conclint: ignore[CON402, CON401]  the main thread alone writes it",
        "# type: ignore  # conclint: ignore[CON401]",
        "# conclint: ignore[CON401]  # noqa: E501",
    ],
)
def test_a_comment_hides_what_starts_on_its_line(comment: str) -> None:
    assert hidden_lines(f"a = 1\nb = 2  {comment}\nc = 3\n") == [2]


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: E501",
        "# noqa: CON402,CON5",
        "# noqatall",
        "# conclint: ignore[CON402]",
        "# conclint: ignore",
        "# conclint: ignore[]",
        "# conclint: ignore CON401",
        "# conclint: ignore[CON4]",
        "# conclint: ignore[con401]",
        "# conclint: disable[CON401]",
        "# error: CON401",
    ],
)
def test_a_comment_that_names_something_else_hides_nothing(comment: str) -> None:
    assert hidden_lines(f"a = 1\nb = 2  {comment}\nc = 3\n") == []


CALL = """\
before = 1
start(  # {first}
    work,
    # {alone}
    1,  # {inner}
)  # {last}
after = 1
"""


@pytest.mark.parametrize(
    ("place", "own", "noqa"),
    [
        ("first", [2], [2]),
        ("alone", [4], [4]),
        ("inner", [5], [5]),
        ("last", [2, 3, 4, 5, 6], [6]),
    ],
)
def test_in_a_call_of_several_lines(place: str, own: list[int], noqa: list[int]) -> None:
    comments = dict.fromkeys(("first", "alone", "inner", "last"), "-")
    assert hidden_lines(CALL.format(**{**comments, place: "conclint: ignore[CON401]"})) == own
    assert hidden_lines(CALL.format(**{**comments, place: "noqa"})) == noqa


@pytest.mark.parametrize("comment", ["# noqa", "# conclint: ignore[CON401]"])
def test_lines_joined_by_a_backslash_or_a_string_are_one(comment: str) -> None:
    assert hidden_lines(f"a = 1\nx = 1 + \\\n    2  {comment}\nb = 1\n") == [2, 3]
    assert hidden_lines(f'a = 1\nx = """\ntext\n"""  {comment}\nb = 1\n') == [2, 3, 4]


def test_the_header_of_a_compound_statement_is_a_logical_line_of_its_own() -> None:
    text = "with (\n    lock,\n):  # conclint: ignore[CON401]\n    work()\n"
    assert hidden_lines(text) == [1, 2, 3]


@pytest.mark.parametrize(
    "text",
    [
        'x = "# noqa"\n',
        'x = "# conclint: ignore[CON401]"\n',
        'x = """\n# noqa\n# conclint: ignore-file[CON401]\n"""\n',
        'x = f"{y}  # noqa"\n',
    ],
)
def test_a_string_is_no_comment(text: str) -> None:
    assert hidden_lines(text) == []


def test_a_comment_for_the_whole_file() -> None:
    text = "import threading\n\n# conclint: ignore-file[CON401, CON402] all on one thread\nx = 1\n"
    assert hidden_lines(text) == [1, 2, 3, 4, 5]
    assert hidden_lines(text, "CON402") == [1, 2, 3, 4, 5]
    assert hidden_lines(text, "CON403") == []


def test_flake8s_comment_for_the_whole_file_stands_alone() -> None:
    assert hidden_lines("x = 1\n# flake8: noqa\n", "CON101") == [1, 2, 3]
    assert hidden_lines("x = 1  # flake8: noqa\n", "CON101") == []
    assert hidden_lines("# flake8: noqa: E501\n", "CON101") == []


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_known(newline: str) -> None:
    text = "a = 1\nb = (\n  2\n)  # conclint: ignore[CON401]\nc = 3  # noqa\n".replace("\n", newline)
    assert hidden_lines(text) == [2, 3, 4, 5]


@pytest.mark.parametrize(
    "text",
    [
        "a = 1  # noqa\nwork(（1）  # noqa\n  b = 2  # conclint: ignore[CON401]\n",
        "a = 1  # noqa\nx = (  # noqa\ny = 1  # noqa\n",
        "a = 1  # noqa\n'''  # noqa\ny = 1  # noqa\n",
        "a = 1  # noqa\nif x:\n        pass\n    b = 1  # conclint: ignore[CON401]\n",
        "a = 1  # noqa\n\0b = 1  # noqa\n",
    ],
)
def test_what_does_not_tokenise_is_searched_as_text(text: str) -> None:
    commented = [number for number, line in enumerate(text.splitlines(), 1) if "#" in line]
    assert hidden_lines(text) == commented


def test_lines_and_columns_are_those_of_the_document() -> None:
    source = Source("a.md", "x = 1  # conclint: ignore[CON401]\ny  # conclint: no\n", first_line=10, indent=4)
    suppressions = Suppressions.of(source)
    (entry,) = suppressions.entries
    assert (entry.line, entry.column) == (10, 12)
    (problem,) = suppressions.problems
    assert (problem.line, problem.column) == (11, 8)
    assert suppressions.hides(finding(10))
    assert not suppressions.hides(finding(1))


def test_a_comment_for_the_whole_file_ends_with_its_fence() -> None:
    text = "# conclint: ignore-file[CON401]\nx = 1"
    assert hidden_lines(text, first_line=10) == [10, 11]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("ignore", "unknown comment '# conclint: ignore' without codes: ignore[CON401]"),
        (
            "ignore-file",
            "unknown comment '# conclint: ignore-file' without codes: ignore-file[CON401]",
        ),
        ("ignore[CON4,CON401]", "unknown code 'CON4' in '# conclint: ignore'"),
        (
            "ingore[CON401]",
            "unknown comment '# conclint: ingore'; it is ignore[CON401]",
        ),
    ],
)
def test_what_conclint_does_not_understand_is_a_problem(comment: str, message: str) -> None:
    (problem,) = Suppressions.of(Source("a.py", f"x = 1\ny = 2  # conclint: {comment}\n")).problems
    assert (problem.line, problem.column, problem.message) == (2, 8, message)


def test_comments_that_hid_nothing_are_known() -> None:
    text = (
        "a = 1  # conclint: ignore[CON401, CON402]\n"
        "b = 1  # conclint: ignore[CON401]\n"
        "c = 1  # conclint: ignore[CON999]\n"
        "d = 1  # noqa: CON401\n"
    )
    suppressions = Suppressions.of(Source("a.py", text))
    assert suppressions.visible([finding(1), finding(3), finding(4)]) == [finding(3)]
    idle = [(entry.line, codes) for entry, codes in suppressions.unused({"CON401", "CON402"})]
    assert idle == [(1, ("CON402",)), (2, ("CON401",))]


def test_suppressions_travel_as_plain_data() -> None:
    suppressions = Suppressions.of(Source("a.py", "a = 1  # noqa\nb = 1  # conclint: ignore[CON401]\n"))
    suppressions.hides(finding(2))
    copy = msgspec.msgpack.decode(msgspec.msgpack.encode(suppressions), type=Suppressions)
    assert copy == suppressions


@hypothesis.given(
    st.lists(
        st.sampled_from(
            [
                "# noqa",
                "# conclint: ignore[CON401]",
                "(",
                ")",
                "'''",
                '"',
                "\n",
                "\r",
                "\\\n",
                "x",
                " ",
                "f'{",
                "\0",
                "\t",
            ]
        ),
        max_size=30,
    ).map("".join)
)
def test_no_text_makes_it_raise(text: str) -> None:
    for entry in Suppressions.of(Source("a.py", text)).entries:
        assert 1 <= entry.first <= entry.last
