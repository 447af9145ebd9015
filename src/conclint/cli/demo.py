"""`conclint demo`: see a bug happen, and see it mended."""

from __future__ import annotations

import importlib

import click


@click.command()
@click.argument("code")
def demo(code: str) -> int:
    """Run the programs that prove a rule, the failing one and the mended one.

    CODE is a rule's code or name.
    """
    from conclint.cli.rule import found

    wanted = found(code).code
    status: int = importlib.import_module("conclint.demo").run(
        wanted
    )  # what starts processes is needed here only
    return status
