"""The flake8 plugin: what conclint finds in one module, under the same codes, on the same lines and columns.

flake8 decides what is shown, by its own options and configuration: `select`, `ignore`, `extend-ignore`,
`per-file-ignores`, `# noqa`. conclint's comments (`# conclint: ignore[CON401]`) count too; `[tool.conclint]` in
pyproject.toml does not. Rules that are off by default are in flake8's list of codes that are ignored by default:
`--extend-select=CON209` turns one on, `--select=CON` all.

flake8 shows plugins what parses only, so syntax errors and full-width punctuation are its own E999 there. `CON000`
is no rule: it says that conclint failed at a file, so that the others are still checked.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
from typing import TYPE_CHECKING, Any

from conclint.errors import PackError
from conclint.finding import Failure, in_order
from conclint.packs import installed_rules
from conclint.source import Source
from conclint.source.sniff import Sniff

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator, Sequence

    from conclint.finding import Finding

FAILED = "CON000"


class Plugin:
    """What flake8 makes for each file, and asks for the findings of."""

    name = "conclint"
    version = importlib.metadata.version("conclint")

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        """Take the file as flake8 has read it; its tree is not of use, but asking for one gets us whole files."""
        self._source = Source(filename, "".join(lines))

    @staticmethod
    def add_options(manager: Any) -> None:
        """Have flake8 leave out the rules that are off by default, until they are selected."""
        try:
            rules = installed_rules()
        except PackError as broken:
            # The kind of error that ends flake8 without a traceback. flake8 has no types.
            ends = importlib.import_module("flake8.exceptions").ExecutionError
            raise ends(f"conclint: {broken}") from broken
        manager.extend_default_ignore([rule.code for rule in rules if not rule.default])

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """Yield line (1-based), column (0-based, flake8 adds one), text and plugin for each finding."""
        findings, failures = _checked(self._source)
        for failure in failures:
            yield 1, 0, f"{FAILED} conclint failed: {failure.message}", type(self)
        for finding in findings:
            span = finding.span
            yield span.line, span.column - 1, f"{finding.code} {finding.message}", type(self)


@functools.cache
def _sniff() -> Sniff:
    return Sniff(rule.needles for rule in installed_rules())


def _checked(source: Source) -> tuple[list[Finding], tuple[Failure, ...]]:
    if not _sniff().wants(source):
        return [], ()
    from conclint.run.check import check_source
    from conclint.run.program import check_program
    from conclint.run.suppress import Suppressions

    rules = installed_rules()
    result = check_source(source, rules)
    findings, failures = check_program([result.summary] if result.summary is not None else [], rules)
    own = Suppressions.of(source).without_foreign()
    return own.visible(in_order([*result.findings, *findings])), (*result.failures, *failures)
