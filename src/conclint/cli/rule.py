"""`conclint rule`: what a rule finds, why, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from conclint.rule import Rule


@click.command()
@click.argument("code", required=False)
@click.option("--all", "every", is_flag=True, help="Explain all rules.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rule(code: str | None, *, every: bool, form: str) -> None:
    """Explain a rule.

    CODE is a rule's code or name, such as CON101 or process-without-main-guard.
    """
    from conclint import packs

    if every == (code is not None):
        raise click.UsageError("give the code or name of a rule, or --all")
    rules = [found(code)] if code is not None else list(packs.installed_rules())
    if form == "json":
        import msgspec

        described = [_description(one) for one in rules]
        document = msgspec.json.encode(described if every else described[0])
        click.echo(msgspec.json.format(document, indent=2))
    else:
        click.echo("\n\n".join(_text(one) for one in rules))


def found(word: str) -> Rule:
    """Return the rule of this code or name. Raises `click.UsageError` where there is none."""
    from conclint import packs

    rules = packs.installed_rules()
    for one in rules:
        if word.upper() == one.code or word.lower() == one.name:
            return one
    import difflib

    known = [*(one.code for one in rules), *(one.name for one in rules)]
    near = difflib.get_close_matches(word, known, n=1) or difflib.get_close_matches(word.upper(), known, n=1)
    raise click.UsageError(f"no rule is called '{word}'" + (f", did you mean '{near[0]}'?" if near else ""))


def _text(one: Rule) -> str:
    on = "on by default" if one.in_tests else "on by default but in tests"
    use = on if one.default else "off until selected"
    head = f"{one.code} {one.name} ({one.severity.value}, {use}, since {one.since})"
    return f"{click.style(head, bold=True)}\n\n{one.documentation()}"


def _description(one: Rule) -> dict[str, object]:
    return {
        "code": one.code,
        "name": one.name,
        "severity": one.severity.value,
        "default": one.default,
        "since": one.since,
        "summary": one.summary(),
        "documentation": one.documentation(),
    }
