"""Which rules are on, and for which files."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from conclint.config import Config, Item
from conclint.draft import Report
from conclint.finding import Finding, Severity, Span
from conclint.rule import ModuleRule, Rule
from conclint.run.select import Choice, Selection


def rule(code: str, name: str, *, default: bool = True) -> Rule:
    def check(_self: object, _module: object) -> Iterator[Report]:
        return iter(())

    made: Rule = type(name, (ModuleRule,), {"code": code, "name": name, "default": default, "check": check})()
    return made


RULES = [
    rule("CON101", "alpha"),
    rule("CON102", "beta"),
    rule("CON118", "gamma", default=False),
    rule("CON401", "delta"),
    rule("XYZ401", "epsilon"),
]


def test_some_rules_are_off_in_tests_until_something_speaks_of_them() -> None:
    lax = rule("CON503", "zeta")
    type(lax).in_tests = False
    silent, spoken = [Choice(), choice(ignore="CON101")], [choice("CON5"), choice(extend_select="CON503")]
    for said, off in [*((one, True) for one in silent), *((one, False) for one in spoken)]:
        config = Config("/", said.select, said.extend_select, said.ignore)
        selection, _ = Selection.of([*RULES, lax], config, Choice())
        assert "CON503" in selection.codes_for("/src/pool.py")
        for name in ("test_pool.py", "pool_test.py", "conftest.py"):
            assert ("CON503" in selection.codes_for(f"/src/tests/{name}")) is not off
        assert "CON503" in selection.codes_for("/src/tests/data/pool.py")


def items(words: str, place: str = "--select") -> tuple[Item, ...]:
    return tuple(Item(word, place) for word in words.split())


def choice(select: str | None = None, extend_select: str = "", ignore: str = "") -> Choice:
    return Choice(None if select is None else items(select), items(extend_select), items(ignore))


def on(configured: Choice | None = None, command_line: Choice | None = None) -> str:
    configured = configured or Choice()
    config = Config("/", configured.select, configured.extend_select, configured.ignore)
    selection, problems = Selection.of(RULES, config, command_line or Choice())
    assert problems == []
    return " ".join(sorted(selection.codes))


DEFAULT = "CON101 CON102 CON401 XYZ401"
EVERY = "CON101 CON102 CON118 CON401 XYZ401"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (choice(), DEFAULT),
        (choice("ALL"), EVERY),
        (choice("CON1"), "CON101 CON102 CON118"),
        (choice("CON1 XYZ"), "CON101 CON102 CON118 XYZ401"),
        (choice(extend_select="CON118"), EVERY),
        (choice("CON401", "CON118"), "CON118 CON401"),
        (choice(ignore="CON10"), "CON401 XYZ401"),
        (choice("ALL", ignore="CON1"), "CON401 XYZ401"),
        (choice("CON101", ignore="CON1"), "CON101"),
        (choice("CON1", ignore="CON101"), "CON102 CON118"),
        (choice("CON1", ignore="CON1"), ""),
        (choice(extend_select="CON118", ignore="ALL"), "CON118"),
        (choice("ALL", ignore="ALL"), ""),
        (choice(""), ""),
    ],
)
def test_one_layer(said: Choice, expected: str) -> None:
    assert on(said) == expected
    assert on(None, said) == expected


@pytest.mark.parametrize(
    ("configured", "command_line", "expected"),
    [
        (choice("CON1"), choice("CON4"), "CON401"),
        (choice(ignore="CON401"), choice("CON4"), "CON401"),
        (choice("CON1"), choice(extend_select="CON4"), "CON101 CON102 CON118 CON401"),
        (choice(extend_select="CON118"), choice(ignore="CON1"), "CON401 XYZ401"),
        (choice(ignore="CON101"), choice(ignore="CON102"), "CON401 XYZ401"),
        (choice(extend_select="CON118"), choice("CON401"), "CON401"),
    ],
)
def test_the_command_line_stands_before_the_configuration(
    configured: Choice, command_line: Choice, expected: str
) -> None:
    assert on(configured, command_line) == expected


def test_every_word_without_a_rule_is_a_mistake() -> None:
    config = Config(
        "/",
        items("CON9", "pyproject.toml:2"),
        ignore=items("con101", "pyproject.toml:3"),
        per_file_ignores=(("a", items("delta", "pyproject.toml:5")),),
    )
    _, problems = Selection.of(RULES, config, choice("CON1 CON104 CON1011 ABC", ignore="*"))
    assert problems == [
        ("pyproject.toml:2", "no rule has the code 'CON9'"),
        ("pyproject.toml:3", "no rule has the code 'con101', did you mean 'CON101'?"),
        ("pyproject.toml:5", "no rule has the code 'delta', did you mean 'CON401'?"),
        ("--select", "no rule has the code 'CON104', did you mean 'CON102'?"),
        ("--select", "no rule has the code 'CON1011', did you mean 'CON101'?"),
        ("--select", "no rule has the code 'ABC'"),
        ("--select", "no rule has the code '*'"),
    ]


@pytest.fixture
def per_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Selection:
    monkeypatch.chdir(tmp_path)
    config = Config(
        str(tmp_path),
        per_file_ignores=(("tests/", items("CON1")), ("*.md", items("ALL")), ("/setup.py", items("CON401"))),
    )
    selection, _ = Selection.of(RULES, config, Choice())
    return selection


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/a.py", DEFAULT),
        ("tests/a.py", "CON401 XYZ401"),
        ("src/tests/deep/a.py", "CON401 XYZ401"),
        ("tests/a.md", ""),
        ("setup.py", "CON101 CON102 XYZ401"),
        ("src/setup.py", DEFAULT),
        ("../tests/a.py", DEFAULT),
    ],
)
def test_rules_can_be_off_for_some_files(
    per_file: Selection, path: str, expected: str, tmp_path: Path
) -> None:
    assert " ".join(sorted(per_file.codes_for(path))) == expected
    assert " ".join(sorted(per_file.codes_for(str(tmp_path / path)))) == expected
    assert [rule.code for rule in per_file.rules_for(path, RULES)] == expected.split()


def test_findings_are_shown_where_their_rule_is_on(per_file: Selection) -> None:
    def finding(path: str, code: str) -> Finding:
        return Finding(path, Span(1, 1, 1, 2), code, "alpha", Severity.ERROR, "it hangs")

    assert per_file.shows(finding("a.py", "CON101"))
    assert not per_file.shows(finding("tests/a.py", "CON101"))
    assert not per_file.shows(finding("a.py", "CON118"))


def test_a_selection_travels(per_file: Selection) -> None:
    assert pickle.loads(pickle.dumps(per_file)) == per_file
