"""What a linted fixture must and must not give."""

from __future__ import annotations

import ast
import collections
import io
import re
import tokenize
import warnings
from typing import TYPE_CHECKING

import msgspec

from conclint.finding import in_order
from conclint.run.check import check_source
from conclint.run.fixes import fix
from conclint.run.program import check_program as check_linked
from conclint.run.suppress import Suppressions
from conclint.source import Source
from conclint.source.sniff import Sniff

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conclint.finding import Finding
    from conclint.rule import Rule
    from conclint.testing.fixture import Fixture

SUPPRESSIONS = ("# conclint: ignore[{codes}]", "# noqa: {codes}")


def lint(source: Source | str, rules: Sequence[Rule]) -> list[Finding]:
    """Return what `rules` find in one module on its own, sorted, without what its comments hide.

    Everything is as in a run of the command: a text that no rule could have something to say about is not even
    parsed. Raises `AssertionError` where a rule fails.
    """
    if isinstance(source, str):
        source = Source("module.py", source)
    if not Sniff(rule.needles for rule in rules).wants(source):
        return []
    result = check_source(source, rules)
    findings, failures = check_linked([result.summary] if result.summary is not None else [], rules)
    if failures := (*result.failures, *failures):
        raise AssertionError("\n".join(f"{failure.path}: {failure.message}" for failure in failures))
    return in_order(Suppressions.of(source).visible([*result.findings, *findings]))


def check_markers(fixture: Fixture, rules: Sequence[Rule]) -> None:
    """See that the rules report the marked lines and no others.

    Several findings of one rule on a line are one marker, at one place they are a mistake of the rule. Markers
    with codes of none of the `rules` are left out. A code that is marked as missed must not be found on
    its line: when it is, the marker has done its work. The fixture's own rule must find the same when it is on
    alone. Raises `AssertionError` with the lines that differ.
    """
    known = {rule.code for rule in rules}
    findings = lint(fixture.source, rules)
    wanted = {(mark.line, mark.code) for mark in fixture.markers if not mark.missed and mark.code in known}
    _same(fixture, wanted, findings)
    found = {(finding.span.line, finding.code) for finding in findings}
    for mark in fixture.markers:
        if mark.missed and (mark.line, mark.code) in found:
            raise AssertionError(f"{fixture}: {mark.code} is no longer missed on line {mark.line}")
    own = [rule for rule in rules if rule.code == fixture.code]
    if own:
        _same(fixture, {mark for mark in wanted if mark[1] == fixture.code}, lint(fixture.source, own))


def check_suppressions(fixture: Fixture, rules: Sequence[Rule]) -> None:
    """See that nothing is reported once each marker is a comment that hides its codes, in either form.

    Raises `AssertionError` with what is still reported.
    """
    for comment in SUPPRESSIONS:
        text = fixture.with_markers_as(comment)
        findings = lint(msgspec.structs.replace(fixture.source, text=text), rules)
        if findings:
            raise AssertionError(f"{fixture}, with '{comment}', still gives:\n{_listed(findings)}")


def check_fixes(fixture: Fixture, rules: Sequence[Rule]) -> None:
    """Apply the fixes that the fixture's own rule offers, first the safe ones, then all.

    The result must be Python, must be final, must have every comment still, and of the rule's findings only
    those may be left that offered no such fix. Raises `AssertionError` where it is otherwise.
    """
    own = [rule for rule in rules if rule.code == fixture.code]
    findings = lint(fixture.source, own)
    for unsafe in (False, True):
        offered = [one for one in findings if one.fix is not None and (one.fix.safe or unsafe)]
        if offered:
            _check_fixed(fixture, own, findings, unsafe=unsafe)


def _check_fixed(fixture: Fixture, own: Sequence[Rule], findings: list[Finding], *, unsafe: bool) -> None:
    fixed = fix(fixture.source, findings, lambda source: lint(source, own), unsafe=unsafe)
    title = f"{fixture}, {'with all' if unsafe else 'with the safe'} fixes applied"
    if fixed.endless:
        raise AssertionError(f"{title}, never comes to an end")
    if fixed.withheld:
        raise AssertionError(f"{title}, would be no Python:\n{_listed(fixed.withheld)}")
    if not _is_python(fixed.text):
        raise AssertionError(f"{title}, is no Python:\n{fixed.text}")
    left = lint(msgspec.structs.replace(fixture.source, text=fixed.text), own)
    stays = sum(one.fix is None or (not one.fix.safe and not unsafe) for one in findings)
    if len(left) > stays:
        raise AssertionError(f"{title}, still gives:\n{_listed(left)}\n{fixed.text}")
    lost = _comments(fixture.source.text) - _comments(fixed.text)
    if lost:
        raise AssertionError(f"{title}, has lost {', '.join(lost)}:\n{fixed.text}")


def check_messages(fixture: Fixture, rules: Sequence[Rule]) -> None:
    """See that what the rules say here is one sentence without capital or full stop, and points into the file.

    Raises `AssertionError` with the messages that are otherwise.
    """
    lines = fixture.source.text.count("\n") + 1
    for finding in lint(fixture.source, rules):
        said = [finding.message, *(related.message for related in finding.related)]
        said += [finding.fix.description] if finding.fix is not None else []
        for message in said:
            if not message.strip() or "\n" in message or message[0].isupper() or message.endswith("."):
                raise AssertionError(f"{fixture}: {finding.code} says {message!r}")
        for span in (finding.span, *(related.span for related in finding.related)):
            if not 1 <= span.line <= span.end_line <= lines:
                raise AssertionError(f"{fixture}: {finding.code} points to {span}")


def _same(fixture: Fixture, wanted: Iterable[tuple[int, str]], findings: Sequence[Finding]) -> None:
    found = collections.Counter((finding.span.line, finding.code) for finding in findings)
    difference = [f"line {line}: {code} is not reported" for line, code in sorted(set(wanted) - set(found))]
    difference += [
        f"line {one.span.line}: {one.code} is reported: {one.message}"
        for one in findings
        if (one.span.line, one.code) not in wanted
    ]
    places = collections.Counter((one.span, one.code) for one in findings)
    difference += [
        f"line {span.line}: {code} is reported {times} times at column {span.column}"
        for (span, code), times in places.items()
        if times > 1
    ]
    if difference:
        raise AssertionError("\n".join([f"{fixture} and its markers differ:", *difference]))


def _listed(findings: Iterable[Finding]) -> str:
    return "\n".join(
        f"{one.path}:{one.span.line}:{one.span.column}: {one.code} {one.message}" for one in findings
    )


def _is_python(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError:
        return False
    return True


def _comments(text: str) -> collections.Counter[str]:
    """Count the comments; of a text that is no Python, whatever starts like one."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return collections.Counter(re.findall(r"#[^\n]*", text))
    return collections.Counter(token.string for token in tokens if token.type == tokenize.COMMENT)
