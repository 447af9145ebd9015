"""`conclint explain`: what the program knows about a line, for whoever doubts a finding."""

from __future__ import annotations

import os

import click


def _position(_context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, int]:
    """Return the path and the line (1-based) of PATH:LINE; a column may follow, as behind a finding's line."""
    path, _, line = value.rpartition(":")
    if path.rpartition(":")[2].isdigit():
        path, _, line = path.rpartition(":")
    if not path or not line.isascii() or not line.isdigit() or int(line) < 1:
        raise click.BadParameter(f"'{value}' is no PATH:LINE, such as shop.py:14", param=parameter)
    return os.path.normpath(path), int(line)


@click.command()
@click.argument("position", callback=_position, metavar="PATH:LINE")
@click.argument("paths", nargs=-1, type=click.Path(exists=True))
def explain(position: tuple[str, int], paths: tuple[str, ...]) -> int:
    """Tell everything the program knows about a line.

    Which threads run it and how they come there, which locks are held, and what guards elsewhere the variables that
    are used there. PATHS are the files and folders of the program; without any, the file alone.
    """
    from conclint.run.explaining import explained

    path, line = position
    known, failures = explained(path, line, paths)
    for failure in failures:
        click.echo(f"{failure.path}: {failure.message}", err=True)
    if failures and not known:
        return 1
    click.echo("\n".join(known) if known else f"{path}:{line}: nothing that concerns threads, locks or shared state")
    return 0
