"""The harness that conclint's own rules are proven with, for packs of rules from anywhere.

A rule is proven by a folder `CODE-slug` of small programs: `bad.py` shows the failure each time it runs, `fixed.py`
the same program mended, `bad_X.py` and `fixed_X.py` another form of it, `ok_X.py` correct code one step away,
`missed_X.py` a known gap. The first comment lines of a program are its header:

    # fails: hangs after "TEXT"             it prints the line TEXT and then never ends
    # fails: raises ValueError              a traceback that ends so appears on the error stream
    # fails: exits 3
    # fails: prints "W" instead of "R"      all it prints is W, and the fixed program prints R
    # python: 3.11                          the lowest version it is for; `<3.14`: the first it is not for
    # start-method: fork                    the platform must have it

A bad program says how it fails; a fixed or an ok one ends with status 0 and says nothing on the error stream. Each line
that is to be reported ends in `# error: CODE` (several: `# error: ABC101, ABC102`), one that should be and is not
yet in `# missed: CODE`.

A pack's tests are then these, with any test runner; here with pytest:

    import pytest
    from conclint.packs import installed_rules
    from conclint.testing import (
        check_fixes, check_markers, check_program, check_rule, check_suppressions, fixtures_in,
    )

    RULES = [rule for rule in installed_rules() if rule.code.startswith("ABC")]
    FIXTURES = fixtures_in("tests/fixtures")
    each_fixture = pytest.mark.parametrize("fixture", FIXTURES, ids=str)

    @each_fixture
    def test_program(fixture):
        check_program(fixture)

    @each_fixture
    def test_findings(fixture):
        check_markers(fixture, RULES)
        check_suppressions(fixture, RULES)
        check_fixes(fixture, RULES)

    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
    def test_rule(rule):
        check_rule(rule, FIXTURES)

`check_program` really runs the program, in its own process group, and ends what hangs. It raises `unittest.SkipTest`,
which pytest shows as a skipped test, where the interpreter or the platform is not the one that the header asks
for. Everything else that is not as it should be is an `AssertionError` that says what.

`lint` gives the findings for one text, for tests of single lines:

    assert [finding.span.line for finding in lint("import threading\\nwith threading.Lock(): pass\\n", RULES)] == [2]
"""

from conclint.testing.fixture import (
    Claim,
    Exits,
    Fixture,
    FixtureError,
    Hangs,
    Kind,
    Marker,
    Prints,
    Raises,
    Works,
    fixtures_in,
)
from conclint.testing.linting import check_fixes, check_markers, check_messages, check_suppressions, lint
from conclint.testing.program import Run, check_program, check_run, run_program, unfit
from conclint.testing.rules import check_rule

__all__ = [
    "Claim",
    "Exits",
    "Fixture",
    "FixtureError",
    "Hangs",
    "Kind",
    "Marker",
    "Prints",
    "Raises",
    "Run",
    "Works",
    "check_fixes",
    "check_markers",
    "check_messages",
    "check_program",
    "check_rule",
    "check_run",
    "check_suppressions",
    "fixtures_in",
    "lint",
    "run_program",
    "unfit",
]
