"""Which rules are on, and for which files.

Words for rules are codes (`CON401`), their beginnings (`CON4`, `CON`) and `ALL`. Of two words that speak of one
rule the longer one wins, of two equally long ones the one that turns it off. What the command line says of a
rule stands before what the configuration says of it.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

import msgspec

from conclint.config import Config, Item, Problem
from conclint.source.naming import is_test

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pathspec import GitIgnoreSpec

    from conclint.finding import Finding
    from conclint.rule import Rule

ALL = "ALL"


class Choice(msgspec.Struct, frozen=True):
    """What one layer says: `select` is None where it starts from what is on anyway."""

    select: tuple[Item, ...] | None = None
    extend_select: tuple[Item, ...] = ()
    ignore: tuple[Item, ...] = ()


class Selection(msgspec.Struct, frozen=True):
    """The codes that are on, and those that are off again for files that match a pattern, or that are plainly tests.

    Patterns are in the language of .gitignore, seen from the absolute folder `root`. Plain data, which travels
    to worker processes.
    """

    codes: frozenset[str]
    root: str = ""
    per_file_ignores: tuple[tuple[str, frozenset[str]], ...] = ()
    not_in_tests: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, rules: Sequence[Rule], config: Config, command_line: Choice
    ) -> tuple[Selection, list[Problem]]:
        """Return what is on among `rules`, and every word that means no rule."""
        configured = Choice(config.select, config.extend_select, config.ignore)
        per_file = [item for _, items in config.per_file_ignores for item in items]
        words = [*_words(configured), *per_file, *_words(command_line)]
        problems = [problem for item in words if (problem := _unknown(item, rules))]
        codes = frozenset(rule.code for rule in rules if _is_on(rule, configured, command_line))
        ignores = tuple(
            (pattern, frozenset(rule.code for rule in rules if _longest(rule.code, items) is not None))
            for pattern, items in config.per_file_ignores
        )
        layers = (configured, command_line)
        lax = frozenset(rule.code for rule in rules if not rule.in_tests and not _is_selected(rule, *layers))
        return cls(codes, config.root, ignores, lax), problems

    def codes_for(self, path: str) -> frozenset[str]:
        """Return the codes that are on for the file `path`, spelled from the current folder or absolute."""
        off = self._ignored_in(path) if self.per_file_ignores else []
        if is_test(path):
            off = [*off, self.not_in_tests]
        return self.codes.difference(*off)

    def rules_for(self, path: str, rules: Iterable[Rule]) -> list[Rule]:
        """Return those of `rules` that are on for the file `path`, in their order."""
        codes = self.codes_for(path)
        return [rule for rule in rules if rule.code in codes]

    def shows(self, finding: Finding) -> bool:
        """Tell whether the rule of `finding` is on where the finding stands."""
        return finding.code in self.codes_for(finding.path)

    def _ignored_in(self, path: str) -> list[frozenset[str]]:
        below = os.path.relpath(os.path.realpath(path), os.path.realpath(self.root))
        if below.startswith(os.pardir) or os.path.isabs(below):
            return []
        below = below.replace(os.sep, "/")
        return [codes for pattern, codes in self.per_file_ignores if _spec(pattern).match_file(below)]


@functools.cache
def _spec(pattern: str) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # costly, and most projects have no such pattern

    return GitIgnoreSpec.from_lines([pattern])


def _words(choice: Choice) -> list[Item]:
    return [*(choice.select or ()), *choice.extend_select, *choice.ignore]


def _is_on(rule: Rule, configured: Choice, command_line: Choice) -> bool:
    for choice in (command_line, configured):
        on = _longest(rule.code, (*(choice.select or ()), *choice.extend_select))
        off = _longest(rule.code, choice.ignore)
        if on is not None and (off is None or on > off):
            return True
        if off is not None or choice.select is not None:
            return False
    return rule.default


def _is_selected(rule: Rule, *choices: Choice) -> bool:
    """Tell whether a word says that a rule be on, beside what is on anyway."""
    return any(_longest(rule.code, (*(one.select or ()), *one.extend_select)) is not None for one in choices)


def _longest(code: str, items: Iterable[Item]) -> int | None:
    """Return the length of the longest word for `code` among `items`, 0 for ALL, None without one."""
    lengths = [0 if item.text == ALL else len(item.text) for item in items if _means(item.text, code)]
    return max(lengths, default=None)


def _means(word: str, code: str) -> bool:
    return word == ALL or code.startswith(word)


def _unknown(item: Item, rules: Sequence[Rule]) -> Problem | None:
    if any(_means(item.text, rule.code) for rule in rules):
        return None
    return item.place, f"no rule has the code '{item.text}'{_meant(item.text, rules)}"


def _meant(word: str, rules: Sequence[Rule]) -> str:
    for rule in rules:
        if word.lower() == rule.name:
            return f", did you mean '{rule.code}'?"
    if any(_means(word.upper(), rule.code) for rule in rules):
        return f", did you mean '{word.upper()}'?"

    import difflib  # needed for mistakes only

    near = difflib.get_close_matches(word.upper(), [rule.code for rule in rules], n=1, cutoff=0.8)
    return f", did you mean '{near[0]}'?" if near else ""
