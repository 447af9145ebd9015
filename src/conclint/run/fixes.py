"""Mending a text with the fixes that its findings offer.

Fixes are applied in rounds: as many at once as don't touch the same places, then the text is linted again, so
that a fix which has to wait is made for the text as it is by then. A fix after which the text would no longer
be Python is withheld, and so are the fixes of a rule that would go on for ever.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Sequence

import msgspec

from conclint.errors import SyntaxFailure
from conclint.finding import Finding
from conclint.run.edits import EditError, Replacement, Taken, Text
from conclint.source import Source

Lint = Callable[[Source], Sequence[Finding]]
Pieces = Callable[[Source], Sequence[Source]]

ROUNDS = 20


class Fixed(msgspec.Struct, frozen=True):
    """A source before and after its fixes.

    `applied` are the findings whose fixes made `text`, in the order of the rounds. `withheld` are findings that
    offer a fix which would have left no Python behind, as of the last round. `endless` are the codes of rules
    whose fixes never came to an end; none of theirs were applied.
    """

    source: Source
    text: str
    applied: tuple[Finding, ...] = ()
    withheld: tuple[Finding, ...] = ()
    endless: frozenset[str] = frozenset()

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.text != self.source.text


def whole(source: Source) -> Sequence[Source]:
    """Return the pieces of Python in a Python file: the file."""
    return (source,)


def fix(
    source: Source,
    findings: Sequence[Finding],
    lint: Lint,
    *,
    unsafe: bool = False,
    pieces: Pieces = whole,
) -> Fixed:
    """Return `source` with the fixes of its findings applied, the safe ones or, if `unsafe`, all of them.

    `findings` are those of `source` as it is; `lint` finds those of a later text. Of a document `source` is
    the whole, and `pieces` returns its pieces of Python. Never raises for what findings or texts hold.
    """
    endless: frozenset[str] = frozenset()
    while True:
        attempt = _Attempt(source, pieces, unsafe=unsafe, banned=endless)
        fixed = attempt.run(findings, lint)
        if not fixed.endless:
            return msgspec.structs.replace(fixed, endless=endless)
        endless |= fixed.endless


class _Attempt(msgspec.Struct):
    """One run of rounds, without the fixes of the rules in `banned`."""

    source: Source
    pieces: Pieces
    unsafe: bool
    banned: frozenset[str]

    def run(self, findings: Sequence[Finding], lint: Lint) -> Fixed:
        current = self.source
        applied: list[Finding] = []
        seen = {current.text}
        for _ in range(ROUNDS):
            text, now, withheld = self._round(current, [one for one in findings if self._wanted(one)])
            if not now:
                return Fixed(self.source, current.text, tuple(applied), tuple(withheld))
            if text in seen:
                break
            seen.add(text)
            applied += now
            current = msgspec.structs.replace(current, text=text)
            findings = lint(current)
        return Fixed(self.source, self.source.text, endless=frozenset(one.code for one in now))

    def _wanted(self, finding: Finding) -> bool:
        if finding.fix is None or not finding.fix.edits or finding.code in self.banned:
            return False
        return finding.fix.safe or self.unsafe

    def _round(
        self, current: Source, findings: Sequence[Finding]
    ) -> tuple[str, list[Finding], list[Finding]]:
        """Return the new text, the findings whose fixes made it, and those whose fixes would have broken it."""
        pieces = self.pieces(current)
        text = Text(current.text, pieces)
        chosen, withheld = _without_clashes(text, findings)
        check = _Check(current, self.pieces)
        kept: list[_Choice] = []
        # Fixes may need each other: a text that was no Python becomes one only with all of its full-width
        # commas replaced. So all are tried at once, then those of each piece, and only then each one alone.
        for grouped in (_together, _by_piece, _alone):
            for group in grouped(text, chosen):
                if check.accepts(text.replaced(one for choice in [*kept, *group] for one in choice.made)):
                    kept += group
            done = {id(choice) for choice in kept}
            chosen = [choice for choice in chosen if id(choice) not in done]
        withheld += [choice.finding for choice in chosen]
        changed = text.replaced(one for choice in kept for one in choice.made)
        return changed, [choice.finding for choice in kept], withheld


class _Choice(msgspec.Struct, frozen=True):
    """A finding and what its fix replaces."""

    finding: Finding
    made: list[Replacement]


def _without_clashes(text: Text, findings: Sequence[Finding]) -> tuple[list[_Choice], list[Finding]]:
    chosen: list[_Choice] = []
    withheld: list[Finding] = []
    taken = Taken()
    for finding in sorted(findings, key=lambda one: one.sort_key):
        assert finding.fix is not None
        try:
            made = text.replacements(finding.fix)
        except EditError:
            withheld.append(finding)
            continue
        if not any(taken.clashes(one) for one in made):
            chosen.append(_Choice(finding, made))
            taken.add(made)
    return chosen, withheld


def _together(_text: Text, chosen: Sequence[_Choice]) -> list[Sequence[_Choice]]:
    return [chosen]


def _alone(_text: Text, chosen: Sequence[_Choice]) -> list[Sequence[_Choice]]:
    return [[choice] for choice in chosen]


def _by_piece(text: Text, chosen: Sequence[_Choice]) -> list[Sequence[_Choice]]:
    groups: dict[int, list[_Choice]] = {}
    for choice in chosen:
        groups.setdefault(text.piece_at(choice.finding.span.line), []).append(choice)
    return list(groups.values()) if len(groups) > 1 else []


class _Check:
    """Tells whether a text that fixes have made is still Python, as far as it was before."""

    def __init__(self, source: Source, pieces: Pieces) -> None:
        self._source = source
        self._pieces = pieces
        self._before = [(piece.text, _compiles(piece.text)) for piece in pieces(source)]

    def accepts(self, text: str) -> bool:
        after = self._pieces(msgspec.structs.replace(self._source, text=text))
        if len(after) != len(self._before):
            return False
        return all(
            piece.text == was or _compiles(piece.text) or (not compiled and _parses(piece))
            for piece, (was, compiled) in zip(after, self._before)
        )


def _compiles(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _parses(source: Source) -> bool:
    """Judge a text that may use syntax newer than the running interpreter."""
    from conclint.syntax import parse  # brings libcst with it, and is seldom needed

    try:
        parse(source)
    except SyntaxFailure:
        return False
    return True
