"""`conclint rule` and `conclint demo`."""

import json
import sys
import types

import pytest
from cli.conftest import Cli

pytestmark = pytest.mark.usefixtures("rules")


@pytest.mark.parametrize("word", ["TST102", "tst102", "worse-word"])
def test_a_rule_is_explained(cli: Cli, word: str) -> None:
    assert cli("rule", word) == (
        0,
        "TST102 worse-word (warning, on by default, since 0.1)\n\nReports WORSE.\n",
        "",
    )


def test_all_rules_are_explained(cli: Cli) -> None:
    outcome = cli("rule", "--all")
    heads = [line.split()[0] for line in outcome.out.splitlines() if line.startswith("TST")]
    assert heads == ["TST101", "TST102", "TST201", "TST903"]
    assert "TST201 odd-word (error, off until selected, since 0.1)" in outcome.out


def test_rules_are_described_for_programs(cli: Cli) -> None:
    described = json.loads(cli("rule", "TST201", "--format", "json").out)
    assert described == {
        "code": "TST201",
        "name": "odd-word",
        "severity": "error",
        "default": False,
        "since": "0.1",
        "summary": "Reports ODD.",
        "documentation": "Reports ODD.",
    }
    everything = json.loads(cli("rule", "--all", "--format", "json").out)
    assert [one["code"] for one in everything] == ["TST101", "TST102", "TST201", "TST903"]
    assert everything[2] == described


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("rule", "TST20"), "no rule is called 'TST20', did you mean 'TST201'?"),
        (("rule", "worst-word"), "did you mean 'worse-word'?"),
        (("rule", "zzzzzz"), "no rule is called 'zzzzzz'\n"),
        (("rule",), "give the code or name of a rule, or --all"),
        (("rule", "TST101", "--all"), "give the code or name of a rule, or --all"),
        (("demo", "TST999"), "no rule is called 'TST999'"),
        (("demo",), "Missing argument 'CODE'"),
    ],
)
def test_a_rule_that_is_not_there(cli: Cli, arguments: tuple[str, ...], reason: str) -> None:
    outcome = cli(*arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert reason in outcome.err


@pytest.mark.parametrize("word", ["TST101", "bad-word"])
def test_a_demonstration_is_run_by_code(cli: Cli, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    asked: list[str] = []

    def run(code: str) -> int:
        asked.append(code)
        return 5

    module = types.ModuleType("conclint.demo")
    module.__dict__["run"] = run
    monkeypatch.setitem(sys.modules, "conclint.demo", module)
    assert cli("demo", word).status == 5
    assert asked == ["TST101"]
