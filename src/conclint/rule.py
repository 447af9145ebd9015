"""What a rule is: the classes to derive from, and what they may say.

One module holds one rule; its class docstring is its documentation. See docs/writing-a-rule.md.
"""

from __future__ import annotations

import abc
import inspect
from typing import TYPE_CHECKING, ClassVar

from conclint.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.draft import Report
    from conclint.errors import SyntaxFailure
    from conclint.model import ModuleModel
    from conclint.program import Program
    from conclint.source import Source

__all__ = ["ModuleRule", "ProgramRule", "Rule", "Severity", "SourceRule"]


class Rule(abc.ABC):
    """What every rule says about itself.

    `code` is three capitals and three digits, `name` its slug; both are unique among the installed packs and
    never given another meaning. `needles` are words of which one must stand in a file's text for the rule to
    have anything to say there; none means any file that handles concurrency. `default` tells whether the rule
    is on without being selected, `in_tests` whether it then is in files that are plainly tests, too; `since` is
    the version of its pack that brought it.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR
    default: ClassVar[bool] = True
    in_tests: ClassVar[bool] = True
    since: ClassVar[str] = "0.1"
    needles: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def documentation(cls) -> str:
        """Return the class docstring, dedented: Markdown, its first paragraph a summary."""
        return inspect.cleandoc(cls.__doc__ or "")

    @classmethod
    def summary(cls) -> str:
        """Return the first paragraph of the documentation on one line."""
        return " ".join(cls.documentation().partition("\n\n")[0].split())


class ModuleRule(Rule):
    """A rule that is decided inside one module."""

    @abc.abstractmethod
    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield what is wrong in `module`, in any order."""


class ProgramRule(Rule):
    """A rule that needs the whole program; a program of one module is a program."""

    @abc.abstractmethod
    def check(self, program: Program) -> Iterator[Report]:
        """Yield what is wrong in `program`, in any order."""


class SourceRule(Rule):
    """A rule about text that does not parse."""

    @abc.abstractmethod
    def check(self, source: Source, failure: SyntaxFailure) -> Iterator[Report]:
        """Yield what is wrong with `source`, which the parser gave up on with `failure`."""
