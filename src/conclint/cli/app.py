"""The commands and how they are found: `conclint src` is short for `conclint check src`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from conclint.cli.check import check
from conclint.cli.demo import demo
from conclint.cli.explain import explain
from conclint.cli.rule import rule

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

DEFAULT = "check"
_OWN_OPTIONS = frozenset({"--help", "-h", "--version"})


class _App(click.Group):
    """A group whose first argument is a command, or else belongs to the default one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in _OWN_OPTIONS):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "[check] [OPTIONS] [PATHS]...")
        formatter.write_usage(ctx.command_path, "COMMAND [ARGS]...", prefix=" " * len("Usage: "))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the options of the default command, which may be left out, as if they were its own."""
        records = (parameter.get_help_record(ctx) for parameter in [*check.params, *self.get_params(ctx)])
        with formatter.section("Options"):
            formatter.write_dl([record for record in records if record])
        self.format_commands(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        return [*super().shell_complete(ctx, incomplete), *check.shell_complete(ctx, incomplete)]


def _version(ctx: click.Context, _parameter: click.Parameter, wanted: Any) -> None:
    if wanted and not ctx.resilient_parsing:
        import importlib.metadata

        click.echo(f"conclint {importlib.metadata.version('conclint')}")
        ctx.exit()


@click.group(cls=_App, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version."
)
def app() -> None:
    """Find concurrency mistakes in Python code.

    PATHS are files and folders; `-` is standard input. Without a path, conclint lints what `paths` in
    [tool.conclint] names, else the current folder.
    """


app.add_command(check)
app.add_command(rule)
app.add_command(demo)
app.add_command(explain)
