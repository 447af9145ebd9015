"""Every fixture does what it says when it runs, and gives the findings it marks when it is linted."""

from __future__ import annotations

from pathlib import Path

import pytest

from conclint.packs import installed_rules
from conclint.testing import (
    Fixture,
    check_fixes,
    check_markers,
    check_messages,
    check_program,
    check_suppressions,
    fixtures_in,
)

RULES = installed_rules()
FIXTURES = fixtures_in(Path(__file__).parent / "fixtures")

each_fixture = pytest.mark.parametrize("fixture", FIXTURES, ids=str)


@each_fixture
def test_the_program_does_what_it_claims(fixture: Fixture) -> None:
    check_program(fixture)


@each_fixture
def test_the_marked_lines_are_reported_and_no_others(fixture: Fixture) -> None:
    check_markers(fixture, RULES)


@each_fixture
def test_comments_silence_every_marked_line(fixture: Fixture) -> None:
    check_suppressions(fixture, RULES)


@each_fixture
def test_fixes_leave_python_without_the_mistake(fixture: Fixture) -> None:
    check_fixes(fixture, RULES)


@each_fixture
def test_messages_are_sentences_that_point_into_the_file(fixture: Fixture) -> None:
    check_messages(fixture, RULES)
