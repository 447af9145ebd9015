"""What holds for every rule and for the pack as a whole, whoever adds to it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from conclint.packs import installed_rules
from conclint.rule import Rule
from conclint.testing import Fixture, check_rule, fixtures_in

ROOT = Path(__file__).parents[1]
RULES = [rule for rule in installed_rules() if type(rule).__module__.startswith("conclint_rules.")]
FIXTURES = fixtures_in(ROOT / "tests" / "fixtures")


def own(rule: Rule) -> list[Fixture]:
    return [fixture for fixture in FIXTURES if fixture.code == rule.code]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.code}-{rule.name}")
def test_a_rule_is_complete(rule: Rule) -> None:
    check_rule(rule, own(rule))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.code}-{rule.name}")
def test_a_module_is_called_after_its_rule(rule: Rule) -> None:
    expected = f"conclint_rules.{rule.code.lower()}_{rule.name.replace('-', '_')}"
    assert type(rule).__module__ == expected


def test_a_folder_of_fixtures_has_one_name() -> None:
    names: dict[str, set[str]] = {}
    for fixture in FIXTURES:
        names.setdefault(fixture.code, set()).add(fixture.slug)
    assert {code: slugs for code, slugs in names.items() if len(slugs) > 1} == {}
    by_code = {rule.code: {rule.name} for rule in RULES}
    assert {code: names[code] for code in by_code if code in names} == {
        code: by_code[code] for code in by_code if code in names
    }


def test_the_folder_of_the_pack_holds_the_pack_alone() -> None:
    # In an editable installation all that stands beside the package can be imported.
    assert [path.name for path in (ROOT / "rules").iterdir() if path.name[0] not in "._"] == [
        "conclint_rules"
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "from conclint.packs import installed_rules; assert installed_rules()",
        "import conclint.flake8",
        "import conclint.report, conclint.run.suppress, conclint.run.fixes, conclint.run.rewrite",
    ],
)
def test_what_starts_without_parsing_does_not_import_libcst(statement: str) -> None:
    heavy = "[name for name in sys.modules if name.partition('.')[0] == 'libcst']"
    script = f"import sys; {statement}; sys.exit({heavy} and 'libcst is imported' or 0)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_manual_names_the_rules_that_are_off_in_tests() -> None:
    _, _, section = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8").partition("\n## Tests\n")
    named = re.findall(r"CON\d{3}", section.partition("What `select`")[0])
    assert named == sorted(rule.code for rule in RULES if rule.default and not rule.in_tests)
