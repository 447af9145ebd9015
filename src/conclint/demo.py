"""Showing a rule's bug happen, and the same program without it: what `conclint demo` does."""

from __future__ import annotations

import ast
import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conclint.packs import installed_rules
from conclint.report.layout import printable
from conclint.testing import (
    Exits,
    Fixture,
    Hangs,
    Kind,
    Prints,
    Raises,
    check_run,
    fixtures_in,
    run_program,
    unfit,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.rule import Rule
    from conclint.testing import Claim, Run

_ABOVE = 3


def run(code: str) -> int:
    """Run `bad.py` and `fixed.py` of a rule, show what they print and how they end, and return the exit status.

    That is 0 if both did what they are there to show, else 1: the rule's pack came without its fixtures, or the
    interpreter or the platform is not the one they are for. `code` is that of an installed rule.
    """
    rule = next(rule for rule in installed_rules() if rule.code == code)
    click.echo(f"{click.style(f'{rule.code} {rule.name}', bold=True)}\n{rule.summary()}")
    folder = fixtures_of(rule)
    if folder is None:
        click.echo(f"The pack of {rule.code} came without the programs that show it.", err=True)
        return 1
    shown = {fixture.path.name: fixture for fixture in fixtures_in(folder)}
    outcomes = [_show(shown[name]) for name in ("bad.py", "fixed.py") if name in shown]
    return 0 if outcomes and all(outcomes) else 1


def fixtures_of(rule: Rule) -> Path | None:
    """Return the folder of a rule's fixtures, or None.

    A wheel carries them inside of the pack, in `_fixtures`; a pack that runs from its repository has them in
    `tests/fixtures` there.
    """
    package = importlib.import_module(type(rule).__module__.rpartition(".")[0])
    inside = Path(str(package.__file__)).parent
    places = [inside / "_fixtures", *(above / "tests" / "fixtures" for above in inside.parents[:_ABOVE])]
    folders = (place / f"{rule.code}-{rule.name}" for place in places)
    return next((folder for folder in folders if folder.is_dir()), None)


def _show(fixture: Fixture) -> bool:
    """Run one program and tell what came of it; return whether it did what it is there to show."""
    path = printable(min(str(fixture.path), _from_here(fixture.path), key=len))
    click.echo("\n" + click.style(f"$ python {path}", bold=True))
    if about := _docstring(fixture):
        click.echo(about)
    if reason := unfit(fixture):
        click.echo(click.style(reason, fg="yellow"))
        return False
    done = run_program(fixture)
    for line in _output(done):
        click.echo(f"  | {printable(line)}")
    problem = check_run(fixture, done)
    verdict = problem or _verdict(fixture.claim, done)
    good = not problem and fixture.kind is not Kind.BAD
    click.echo(click.style(f"=> {verdict}", fg="green" if good else "red"))
    return not problem


def _from_here(path: Path) -> str:
    try:
        return os.path.relpath(path)
    except ValueError:  # on another drive
        return str(path)


def _docstring(fixture: Fixture) -> str:
    """Return the first paragraph of the program's docstring, empty where the program is no Python."""
    try:
        text = ast.get_docstring(ast.parse(fixture.source.text))
    except SyntaxError:
        return ""
    return (text or "").partition("\n\n")[0]


def _output(done: Run) -> Iterator[str]:
    yield from done.stdout.splitlines()
    yield from done.stderr.splitlines()


def _verdict(claim: Claim, done: Run) -> str:
    if isinstance(claim, Hangs):
        return "it hangs here, and was stopped"
    if isinstance(claim, Raises):
        return f"it raises {claim.exception}"
    if isinstance(claim, Exits):
        return f"it exits with {claim.status}"
    if isinstance(claim, Prints):
        return f"it should have printed {claim.right!r}"
    return f"it works, in {done.seconds:.1f} s"
