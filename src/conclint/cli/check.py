"""`conclint check`: the main command and its options."""

from __future__ import annotations

from typing import Any

import click

from conclint.report import Format

STDIN = "-"


def _jobs(_context: click.Context, parameter: click.Parameter, value: str) -> int:
    """Return a number of processes: one from 1 up, or one process for each usable processor."""
    if value == "auto":
        from conclint.run.engine import usable_cpus

        return usable_cpus()
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise click.BadParameter(f"'{value}' is neither a number from 1 up nor 'auto'", param=parameter)
    return int(value)


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATHS]...", type=click.Path())
@click.option("--select", multiple=True, metavar="CODES", help="Check these rules only: CON401,CON2 or ALL.")
@click.option("--extend-select", multiple=True, metavar="CODES", help="Check these rules too.")
@click.option("--ignore", multiple=True, metavar="CODES", help="Leave these rules out.")
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in Format]),
    default=Format.TEXT.value,
    show_default=True,
    help="How findings are written.",
)
@click.option("--statistics", is_flag=True, help="Count the findings of each rule.")
@click.option("--fix", is_flag=True, help="Apply fixes that keep what correct programs do.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: the other fixes too.")
@click.option("--diff", is_flag=True, help="Only show what --fix would change.")
@click.option(
    "-j",
    "--jobs",
    callback=_jobs,
    default="auto",
    show_default=True,
    metavar="N",
    help="Use up to N processes.",
)
@click.option("--config", metavar="FILE", help="Read [tool.conclint] from this file.")
@click.option("--isolated", is_flag=True, help="Read no configuration.")
@click.option("--stdin-filename", metavar="NAME", help="With `-`: what the text is called.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour the output; auto: on a terminal, unless NO_COLOR is set.",
)
@click.option("-q", "--quiet", is_flag=True, help="Write findings and errors only.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")
def check(paths: tuple[str, ...], **options: Any) -> int:
    """Find concurrency mistakes in files and folders.

    PATHS are files and folders; `-` is standard input. Without a path, conclint lints what `paths` in
    [tool.conclint] names, else the current folder.
    """
    _refuse_contradictions(paths, options)
    from conclint.cli.call import perform

    return perform(paths, options)


def _refuse_contradictions(paths: tuple[str, ...], options: dict[str, Any]) -> None:
    mistakes = []
    if STDIN in paths and len(paths) > 1:
        mistakes.append(f"'{STDIN}' stands alone")
    if options["stdin_filename"] is not None and STDIN not in paths:
        mistakes.append(f"--stdin-filename goes with '{STDIN}'")
    if options["isolated"] and options["config"] is not None:
        mistakes.append("--isolated and --config contradict each other")
    if options["unsafe_fixes"] and not (options["fix"] or options["diff"]):
        mistakes.append("--unsafe-fixes goes with --fix or --diff")
    if mistakes:
        raise click.UsageError("; ".join(mistakes))
