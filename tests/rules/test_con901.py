"""CON901 on texts that no fixture holds."""

from __future__ import annotations

import ast

import pytest

from conclint.finding import Finding
from conclint.run.check import check_source
from conclint.run.fixes import fix
from conclint.source import Source
from conclint_rules.con901_missing_percent_operator import MissingPercentOperator

MISSING = "is a format and called like a function, the operator '%' is missing before the '('"


def findings(source: Source) -> tuple[Finding, ...]:
    result = check_source(source, [MissingPercentOperator()], summarise=False)
    assert result.failures == ()
    return result.findings


def mended(text: str) -> str:
    source = Source("x.py", text)
    return fix(source, findings(source), findings).text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("print('%s--%d' (a, b))", f"'%s--%d' {MISSING}"),
        ("print('%(a)s' (b))", f"'%(a)s' {MISSING}"),
        ("print('%s' (*b))", f"'%s' {MISSING}"),
        ("print(f'%s {a}' (b))", f"f'%s {{a}}' {MISSING}"),
        ("print('%s' (a, b))", f"'%s' {MISSING}, and it has 1 conversion for 2 values"),
        ("print('%s %*d' ())", f"'%s %*d' {MISSING}, and it has 3 conversions for 0 values"),
        (
            "print('done' (a))",
            "'done' is a string and called like a function, a comma is missing before the '('",
        ),
        (
            "print('100% done' (a))",
            "'100% done' is a string and called like a function, a comma is missing before the '('",
        ),
        (
            "print(f'{a %s}' (b))",
            "f'{a %s}' is a string and called like a function, a comma is missing before the '('",
        ),
        (
            "print('100%%' (a))",
            "'100%%' is a string and called like a function, a comma is missing before the '('",
        ),
    ],
)
def test_messages(text: str, message: str) -> None:
    assert [finding.message for finding in findings(Source("x.py", text))] == [message]


@pytest.mark.parametrize(
    "text",
    [
        "print('%s' % (a))",
        "'%s'.join(a)",
        "'%s', (a)",
        "x = '%s'\n(a)",
        "('%s' 'b') % (a)",
        "d['%s'](a)",
        "'%d' '%s'",
    ],
)
def test_what_is_no_call_of_a_string(text: str) -> None:
    assert findings(Source("x.py", text)) == ()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("print('%s--%d' (a, b))", "print('%s--%d' % (a, b))"),
        ("print('%s'(a))", "print('%s' % (a,))"),
        ("print('%s' (a,))", "print('%s' % (a,))"),
        ("print('%(a)s %(b)s' (c))", "print('%(a)s %(b)s' % (c))"),
        ("print(('%s'\n  '%d') (a, b))", "print(('%s'\n  '%d') % (a, b))"),
        ("print('%s'\n  '%d'\n  (a,  # one\n   b))", "print('%s'\n  '%d' %\n  (a,  # one\n   b))"),
        ("print('%*d%%' (3, a))", "print('%*d%%' % (3, a))"),
        ("print(('%s' (a)).upper())", "print(('%s' % (a,)).upper())"),
        ("print('a' + '%s' (a))", "print('a' + '%s' % (a,))"),
        ("print(not b'%s' (a))", "print(not b'%s' % (a,))"),
    ],
)
def test_fixes(text: str, meant: str) -> None:
    ast.parse(meant)
    assert mended(text) == meant
    assert findings(Source("x.py", meant)) == ()


@pytest.mark.parametrize(
    "text",
    [
        *("'%s' (a).upper()", "2 * '%s' (a)", "'%s' (a) ** 2", "'%s' (a)[0]", "'%s' (a)(b)", "-'%s' (a)"),
        *("'%s %s' (a)", "'%s' (*a)", "'%s' (a=1)", "'%s' (i for i in a)", "f'{a} %s' (b)", "'%s' ()"),
        *("'100% done' (a)", "'%s 100% done' (a, b)", "'5%, %s' (a)", "'%(a)s %s' (a)", "'done' (a)"),
    ],
)
def test_no_fix_where_it_would_mean_something_else(text: str) -> None:
    assert findings(Source("x.py", text)) != ()
    assert mended(text) == text
