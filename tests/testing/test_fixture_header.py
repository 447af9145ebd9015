from __future__ import annotations

from pathlib import Path

import pytest

from conclint.testing import (
    Claim,
    Exits,
    FixtureError,
    Hangs,
    Kind,
    Marker,
    Prints,
    Raises,
    Works,
    fixtures_in,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ABC101-lost-update").mkdir()
    return tmp_path / "ABC101-lost-update"


@pytest.mark.parametrize(
    ("line", "claim"),
    [
        ('hangs after "waiting"', Hangs("waiting")),
        (r'hangs after "say \"go\""', Hangs('say "go"')),
        ("raises ValueError", Raises("ValueError")),
        ("raises queue.Empty", Raises("queue.Empty")),
        ("exits 3", Exits(3)),
        (r'prints "1\n2" instead of "2\n1"', Prints("1\n2", "2\n1")),
    ],
)
def test_a_header_says_how_a_program_fails(folder: Path, line: str, claim: Claim) -> None:
    (folder / "bad.py").write_text(f'# fails: {line}\n"""Fails."""\n', encoding="utf-8")
    (fixture,) = fixtures_in(folder)
    assert fixture.claim == claim
    assert (fixture.code, fixture.slug, fixture.kind) == ("ABC101", "lost-update", Kind.BAD)
    assert str(fixture) == "ABC101-lost-update/bad"


def test_a_fixed_program_prints_what_the_bad_one_should_have(folder: Path) -> None:
    (folder / "bad_pool.py").write_text('# fails: prints "1" instead of "2"\n', encoding="utf-8")
    (folder / "fixed_pool.py").write_text("print(2)\n", encoding="utf-8")
    bad, fixed = fixtures_in(folder.parent)
    assert fixed.claim == Works(prints="2")
    assert bad.variant == fixed.variant == "pool"


def test_bounds_of_versions_and_the_start_method(folder: Path) -> None:
    header = "# python: 3.11\n# python: <3.14\n# start-method: fork\n"
    (folder / "ok_one.py").write_text(header, encoding="utf-8")
    (fixture,) = fixtures_in(folder)
    assert (fixture.python, fixture.below, fixture.start_method) == ((3, 11), (3, 14), "fork")
    assert fixture.claim == Works()


def test_markers_stand_at_line_ends(folder: Path) -> None:
    (folder / "ok_one.py").write_text(
        '"""A doc that speaks of # error: ABC101 in the middle."""\n'
        "a()  # error: ABC101\n"
        "b()  # error: ABC102, ABC101\n"
        "c()  # missed: ABC101\n"
        "d()  # type: ignore  # error: ABC101\n"
        "e()  # error: ABC101  # noqa\n",
        encoding="utf-8",
    )
    (fixture,) = fixtures_in(folder)
    assert fixture.markers == (
        Marker(2, "ABC101"),
        Marker(3, "ABC101"),
        Marker(3, "ABC102"),
        Marker(4, "ABC101", missed=True),
        Marker(5, "ABC101"),
        Marker(6, "ABC101"),
    )
    assert fixture.with_markers_as("# noqa: {codes}").splitlines()[2:4] == [
        "b()  # noqa: ABC102, ABC101",
        "c()  # missed: ABC101",
    ]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("worse.py", "", "begins with bad, fixed, ok or missed"),
        ("bad.py", "x = 1\n", "says how it fails"),
        ("bad.py", "# fails: sometimes\n", "none of the known forms"),
        ("bad.py", '# fails: hangs after "a\n', "none of the known forms"),
        ("bad.py", "# fails: exits 1\n# fails: exits 2\n", "fails in one way"),
        ("ok_a.py", "# fails: exits 1\n", "only a bad or missed program"),
        ("fixed.py", "", "there is no bad.py beside it"),
        ("ok_a.py", "# pyhton: 3.11\n", "no line of a header"),
        ("ok_a.py", "# python: three\n", "no bound of versions"),
        ("ok_a.py", "# python: 3.11\n# python: 3.12\n", "no bound of versions"),
    ],
)
def test_what_can_not_be_read_as_a_fixture_is_an_error(
    folder: Path, name: str, text: str, reason: str
) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(FixtureError, match=reason) as caught:
        fixtures_in(folder)
    assert name in str(caught.value)


def test_a_folder_without_fixtures_is_an_error(folder: Path) -> None:
    with pytest.raises(FixtureError, match="no fixture here"):
        fixtures_in(folder.parent)
    (folder.parent / "helpers").mkdir()
    with pytest.raises(FixtureError, match="a code and a slug"):
        fixtures_in(folder.parent)
