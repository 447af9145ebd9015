"""The program rules over what all modules have said about themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.finding import Failure, Finding
from conclint.rule import ProgramRule, Rule
from conclint.run.check import finding_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conclint.program import ModuleSummary, Program


def check_program(
    summaries: Iterable[ModuleSummary], rules: Sequence[Rule], program: Program | None = None
) -> tuple[tuple[Finding, ...], tuple[Failure, ...]]:
    """Return what program rules say about the modules together, which may be linked already, and internal failures of such rules.

    Never raises; a rule that fails costs its own findings only.
    """
    chosen = [rule for rule in rules if isinstance(rule, ProgramRule)]
    known = [summary for summary in summaries if summary.functions]
    if not chosen or not known:
        return (), ()
    from conclint.program import Program
    from conclint.source import Source

    program = program or Program(known)
    findings: list[Finding] = []
    failures: list[Failure] = []
    nowhere = Source("", "")
    for rule in chosen:
        try:
            findings.extend(finding_at(nowhere, rule, report) for report in rule.check(program))
        except Exception as problem:  # noqa: BLE001 -- a defect costs this rule only
            said = f"{rule.code} failed: {type(problem).__name__}: {problem}"
            failures.append(Failure("(program)", said, internal=True))
    return tuple(findings), tuple(failures)
