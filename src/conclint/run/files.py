"""From one file to its result, in whichever process: nothing here knows of other files.

What costs time to import is imported where a file needs it.
"""

from __future__ import annotations

import functools
import traceback
from typing import TYPE_CHECKING, NamedTuple

from conclint import packs
from conclint.finding import Failure, Finding
from conclint.rule import ProgramRule, Rule
from conclint.run.result import FileResult, Remark
from conclint.source.load import load
from conclint.source.sniff import Sniff

if TYPE_CHECKING:
    from conclint.run.settings import Settings
    from conclint.source import Source

MARKDOWN = (".md", ".markdown")


class Task(NamedTuple):
    """A source and its place in the run: the number of the file, and of the piece in the file."""

    number: tuple[int, int]
    source: Source


def read(path: str) -> list[Source]:
    """Return the pieces of Python in a file: itself, or the fences of a document. Raises `SourceError`."""
    return pieces(load(path))


def pieces(source: Source) -> list[Source]:
    """Return the pieces of Python in what was read: the fences of a document, or all of it."""
    if not source.path.lower().endswith(MARKDOWN):
        return [source]
    from conclint.source.markdown import fences  # few runs meet a document

    return fences(source.path, source.text)


def sniff_for(settings: Settings) -> Sniff:
    """Return what tells whether one of the rules that are on could have something to say about a source."""
    codes = settings.selection.codes
    return Sniff(rule.needles for rule in packs.installed_rules() if rule.code in codes)


def check(source: Source, settings: Settings) -> FileResult:
    """Run the rules that are on for the file, and hide what its comments hide. Never raises."""
    from conclint.run.check import check_source  # brings libcst
    from conclint.run.suppress import Suppressions  # brings the tokenizer

    try:
        rules = settings.selection.rules_for(source.path, packs.installed_rules())
        result = check_source(source, rules, summarise=bool(program_rules(settings)), alone=True)
        suppressions = Suppressions.of(source, result.findings)
        return FileResult(
            tuple(suppressions.visible(result.findings)),
            result.failures,
            tuple(Remark(source.path, odd.line, odd.column, odd.message) for odd in suppressions.problems),
            result.summary,
        )
    except Exception as defect:  # noqa: BLE001 - a defect costs its own file only
        return FileResult(failures=(internal(source.path, defect),))


def lint(source: Source, settings: Settings) -> list[Finding]:
    """Return what the rules that look at one module say about a file or document that was read already."""
    sniff = sniff_for(settings)
    checked = [check(piece, settings) for piece in pieces(source) if sniff.wants(piece)]
    return [finding for result in checked for finding in result.findings]


def program_rules(settings: Settings) -> list[ProgramRule]:
    """Return the rules that need all modules and are on for some file."""
    codes = settings.selection.codes
    return [rule for rule in _for_programs(packs.installed_rules()) if rule.code in codes]


@functools.lru_cache(maxsize=1)
def _for_programs(rules: tuple[Rule, ...]) -> list[ProgramRule]:
    return [rule for rule in rules if isinstance(rule, ProgramRule)]


def internal(path: str, defect: BaseException) -> Failure:
    """Return the failure that says which defect met `path`, and where in conclint it arose."""
    frames = traceback.extract_tb(defect.__traceback__)
    where = f" ({frames[-1].filename}:{frames[-1].lineno}, in {frames[-1].name})" if frames else ""
    text = str(defect)
    return Failure(path, f"{type(defect).__name__}{': ' if text else ''}{text}{where}", internal=True)
