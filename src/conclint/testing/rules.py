"""What every rule owes its readers: documentation, fixtures, and names that agree."""

from __future__ import annotations

import ast
import inspect
import re
from typing import TYPE_CHECKING

from conclint.testing.fixture import Kind
from conclint.testing.linting import check_messages, lint

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conclint.rule import Rule
    from conclint.testing.fixture import Fixture

HEADINGS = ("Why", "How to fix", "What is missed")
FIX_SAFETY = "Fix safety"
FALSE_ALARM_GUARDS = 2
ENGINE = "conclint"
MAY_IMPORT = ("conclint", "rule", "model", "program", "draft", "finding", "errors", "source", "knowledge")
_SUMMARY = 200


def check_rule(rule: Rule, fixtures: Sequence[Fixture], *, headings: Sequence[str] = HEADINGS) -> None:
    """See that a rule is complete; `fixtures` may hold those of other rules too.

    It has a summary and a section for each of `headings`, and `Fix safety` exactly if it offers fixes. It has
    `bad.py`, `fixed.py`, two `ok_*.py` or more, for each `bad_X.py` its `fixed_X.py`, and in each bad program a
    line that it is to report. Its messages read as messages should. Its module imports no other rule, and of the
    engine only what rules see. Raises `AssertionError` with all that is wanting.
    """
    own = [fixture for fixture in fixtures if fixture.code == rule.code]
    problems = [
        *_documentation_problems(rule, headings, offers_fix=_offers_fix(rule, own)),
        *_fixture_problems(rule, own),
        *_module_problems(rule),
    ]
    for fixture in own:
        try:
            check_messages(fixture, [rule])
        except AssertionError as problem:
            problems.append(str(problem))
    if problems:
        raise AssertionError("\n".join(f"{rule.code} {rule.name}: {problem}" for problem in problems))


def _offers_fix(rule: Rule, fixtures: Iterable[Fixture]) -> bool:
    return any(one.fix is not None for fixture in fixtures for one in lint(fixture.source, [rule]))


def _documentation_problems(rule: Rule, headings: Sequence[str], *, offers_fix: bool) -> Iterable[str]:
    documentation = rule.documentation()
    summary = rule.summary()
    if not summary or not summary.endswith(".") or len(summary) > _SUMMARY or summary.startswith("#"):
        yield f"the docstring begins with a sentence or two of at most {_SUMMARY} characters, not with {summary!r}"
    sections = {
        heading.strip(): text
        for heading, text in re.findall(r"^## (.+)\n((?:(?!## ).*\n?)*)", documentation, re.MULTILINE)
    }
    wanted = [*headings, *([FIX_SAFETY] if offers_fix else [])]
    for heading in wanted:
        if not sections.get(heading, "").strip():
            yield f"the docstring has no section '## {heading}', or an empty one"
    if FIX_SAFETY in sections and not offers_fix:
        yield f"the docstring has '## {FIX_SAFETY}', but no fix is offered for any of its fixtures"


def _fixture_problems(rule: Rule, fixtures: Sequence[Fixture]) -> Iterable[str]:
    names = {fixture.path.name for fixture in fixtures}
    for name in ("bad.py", "fixed.py"):
        if name not in names:
            yield f"there is no {name} among its fixtures"
    if sum(fixture.kind is Kind.OK for fixture in fixtures) < FALSE_ALARM_GUARDS:
        yield f"there are fewer than {FALSE_ALARM_GUARDS} fixtures ok_*.py"
    for fixture in fixtures:
        if fixture.slug != rule.name:
            yield f"{fixture} stands in a folder of another name than the rule's"
        if fixture.kind is Kind.BAD:
            fixed = fixture.path.name.replace("bad", "fixed", 1)
            if fixed not in names:
                yield f"{fixture} has no {fixed} beside it"
            if not any(mark.code == rule.code and not mark.missed for mark in fixture.markers):
                yield f"{fixture} has no line marked '# error: {rule.code}'"
        elif fixture.kind is Kind.MISSED and not any(mark.missed for mark in fixture.markers):
            yield f"{fixture} has no line marked '# missed: {rule.code}'"


def _module_problems(rule: Rule) -> Iterable[str]:
    module = inspect.getmodule(type(rule))
    assert module is not None
    return import_problems(inspect.getsource(module), module.__name__.partition(".")[0])


def import_problems(source: str, pack: str) -> Iterable[str]:
    """Yield what a rule's module in the package `pack` should not import."""
    for name in _imported(source):
        parts = name.split(".")
        if parts[0] in {"", pack}:
            yield f"it imports '{name}': what two rules share belongs in the model or in another package"
        if parts[0] == ENGINE and len(parts) > 1 and parts[1] not in MAY_IMPORT:
            yield f"it imports '{name}', which is no affair of rules"


def _imported(source: str) -> Iterable[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            if module == ENGINE:
                yield from (f"{ENGINE}.{alias.name}" for alias in node.names)
            else:
                yield module
