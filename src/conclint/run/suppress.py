"""Comments that hide findings.

- `# conclint: ignore[CON401] reason`, `# conclint: ignore[CON401, CON402]` hide findings that start on the
  same line; on the last line of a logical line, where formatters put comments, those of all its lines.
- `# conclint: ignore-file[CON401]` hides findings of the whole file, or of the whole fence of a document.
- `# noqa`, `# noqa: CON401`, `# noqa: CON4` hide what flake8 lets them hide: findings on the same line, with
  any code that begins like one of those given. `# flake8: noqa` on a line of its own hides all.

Lines joined by a backslash or by a string are one line here. Conclint's own comments take whole codes, in
brackets. Anything else that starts with `# conclint:`, such as `ignore` without codes, hides nothing and is a
problem to report. What stands in a string is no comment; where a file can't be tokenised from some line on,
the lines after it are searched as text.
"""

from __future__ import annotations

import io
import re
import tokenize
from typing import TYPE_CHECKING, TypeVar

import msgspec

from conclint.finding import Span

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from conclint.finding import Finding
    from conclint.source import Source

_Found = TypeVar("_Found", "Suppression", "Problem")

_MENTIONED = re.compile(r"conclint\s*:|noqa", re.IGNORECASE)
_OWN = re.compile(r"#\s*conclint\s*:\s*(?P<verb>[\w-]*)\s*(?:\[(?P<codes>[^\]#]*)\])?(?P<reason>[^#]*)")
_CODE = re.compile(r"[A-Z]{3}[0-9]{3}")
# What counts as a code here is flake8's choice.
_NOQA = re.compile(
    r"#\s*noqa(?![\w-])(?:\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?", re.IGNORECASE
)
_NOQA_FILE = re.compile(r"\s*#\s*flake8[:=]\s*noqa\s*$", re.IGNORECASE)
_NOQA_SOMEWHERE = re.compile(r"flake8[:=]\s*noqa", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")


class Suppression(msgspec.Struct, frozen=True):
    """One comment, at `line` and `column` of the document, for findings that start on `first` to `last`.

    `codes` are whole codes, or beginnings of codes where `foreign` says that other tools read the comment
    too; a foreign one without codes hides everything.
    """

    line: int
    column: int
    first: int
    last: int
    codes: tuple[str, ...]
    foreign: bool = False
    reason: str = ""

    def reaches(self, finding: Finding) -> str | None:
        """Return which of the codes hides the finding, "" where the comment hides everything, else None."""
        if not self.first <= finding.span.line <= self.last:
            return None
        if self.foreign:
            return next(
                (code for code in self.codes if finding.code.startswith(code)), None if self.codes else ""
            )
        return finding.code if finding.code in self.codes else None


class Problem(msgspec.Struct, frozen=True):
    """A comment addressed to conclint that says nothing it understands."""

    line: int
    column: int
    message: str


class Suppressions(msgspec.Struct):
    """The suppressing comments of one source, and which of their codes have hidden something so far."""

    entries: tuple[Suppression, ...] = ()
    problems: tuple[Problem, ...] = ()
    used: set[tuple[int, str]] = msgspec.field(default_factory=set)

    @classmethod
    def of(cls, source: Source, findings: Iterable[Finding] | None = None) -> Suppressions:
        """Read the comments of `source`; never raises, whatever the text.

        `findings` are all that there are to hide, None where that is not known. A text with nothing but other tools'
        comments for other codes, or on other lines, is not looked through.
        """
        if not _is_worth_reading(source, findings):
            return cls()
        entries: list[Suppression] = []
        problems: list[Problem] = []
        lines = _LINE_END.split(source.text)
        for comment in _comments(lines):
            for found in _read(comment, len(lines)):
                if isinstance(found, Problem):
                    problems.append(_placed(found, source))
                else:
                    entries.append(_placed(found, source))
        return cls(tuple(entries), tuple(problems))

    def without_foreign(self) -> Suppressions:
        """Return conclint's own comments alone, for where another tool heeds the others."""
        own = tuple(entry for entry in self.entries if not entry.foreign)
        return Suppressions(own, self.problems)

    def hides(self, finding: Finding) -> bool:
        """Tell whether a comment hides the finding, and remember each that does."""
        hidden = False
        for index, entry in enumerate(self.entries):
            code = entry.reaches(finding)
            if code is not None:
                self.used.add((index, code))
                hidden = True
        return hidden

    def visible(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return the findings that no comment hides."""
        return [finding for finding in findings if not self.hides(finding)]

    def unused(self, active: Container[str]) -> list[tuple[Suppression, tuple[str, ...]]]:
        """Return conclint's own comments with those of their codes that are `active` and have hidden nothing.

        `active` holds the codes of the rules that ran. Comments that other tools read too are left out.
        """
        idle = []
        for index, entry in enumerate(self.entries):
            codes = tuple(code for code in entry.codes if code in active and (index, code) not in self.used)
            if codes and not entry.foreign:
                idle.append((entry, codes))
        return idle


def _is_worth_reading(source: Source, findings: Iterable[Finding] | None) -> bool:
    text = source.text
    if findings is None:
        return _MENTIONED.search(text) is not None
    if _OWN.search(text):
        return True
    findings = list(findings)
    if not findings:
        return False
    if "flake8" in text.lower() and _NOQA_SOMEWHERE.search(text):
        return True
    return _NOQA.search(text) is not None and _may_hide_by_noqa(source, findings)


def _may_hide_by_noqa(source: Source, findings: list[Finding]) -> bool:
    """Tell whether a finding has a code that some `# noqa` hides, and starts on its line or one that may be joined to it."""
    before = ""
    for number, line in enumerate(_LINE_END.split(source.text), source.first_line):
        for match in _NOQA.finditer(line):
            joined = before.endswith("\\") or '"""' in line or "'''" in line
            beginnings = _listed(match)
            for finding in findings:
                on_it = finding.span.line == number or (joined and finding.span.line < number)
                if on_it and (not beginnings or finding.code.startswith(beginnings)):
                    return True
        before = line
    return False


def _listed(noqa: re.Match[str]) -> tuple[str, ...]:
    """Return the beginnings of codes that a comment lists, in capitals."""
    return tuple(re.split(r"[,\s]+", noqa["codes"].upper())) if noqa["codes"] else ()


class _Comment(msgspec.Struct, frozen=True):
    """The text of a comment, its 1-based line and column, and the lines that it speaks for.

    `joined` is the first of the lines that a backslash or a string joins to this one, `logical` the first
    line and the last of the logical line. `alone` says that nothing else stands on the line.
    """

    text: str
    line: int
    column: int
    joined: int
    logical: tuple[int, int]
    alone: bool


def _comments(lines: list[str]) -> Iterator[_Comment]:
    done = 0
    try:
        for logical in _logical_lines(lines):
            start, done = logical[0].start[0], logical[-1].start[0]
            joined = start
            for token in logical:
                if token.type == tokenize.COMMENT:
                    line, column = token.start
                    alone = not lines[line - 1][:column].strip()
                    yield _Comment(token.string, line, column + 1, joined, (start, done), alone)
                elif token.type == tokenize.NL:
                    joined = token.start[0] + 1
    except (tokenize.TokenError, SyntaxError, ValueError):
        yield from _comments_in_text(lines, done)


def _logical_lines(lines: list[str]) -> Iterator[list[tokenize.TokenInfo]]:
    # The tokenizer knows no line end but "\n", and from Python 3.12 on it can't bear NUL.
    text = "\n".join(lines).replace("\0", " ")
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    logical: list[tokenize.TokenInfo] = []
    depth = 0
    for token in tokens:
        if token.type in {tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}:
            continue
        logical.append(token)
        if token.type == tokenize.OP:
            depth = max(0, depth + (token.string in "([{") - (token.string in ")]}"))
        # Outside brackets, NL ends a line of nothing but a comment.
        if token.type == tokenize.NEWLINE or (token.type == tokenize.NL and not depth):
            yield logical
            logical, depth = [], 0
    if logical:
        yield logical


def _comments_in_text(lines: list[str], done: int) -> Iterator[_Comment]:
    for number, line in enumerate(lines[done:], done + 1):
        column = line.find("#")
        if column >= 0:
            alone = not line[:column].strip()
            yield _Comment(line[column:], number, column + 1, number, (number, number), alone)


def _read(comment: _Comment, total: int) -> Iterator[Suppression | Problem]:
    for match in _OWN.finditer(comment.text):
        yield from _own(match, comment, total)
    if comment.alone and _NOQA_FILE.match(comment.text):
        yield Suppression(comment.line, comment.column, 1, total, (), foreign=True)
    for match in _NOQA.finditer(comment.text):
        column = comment.column + match.start()
        yield Suppression(comment.line, column, comment.joined, comment.line, _listed(match), foreign=True)


def _own(match: re.Match[str], comment: _Comment, total: int) -> Iterator[Suppression | Problem]:
    line, column, verb = comment.line, comment.column + match.start(), match["verb"]
    if verb not in {"ignore", "ignore-file"}:
        yield Problem(line, column, f"unknown comment '# conclint: {verb}'; it is ignore[CON401]")
        return
    listed = [code.strip() for code in (match["codes"] or "").split(",") if code.strip()]
    if not listed:
        yield Problem(line, column, f"unknown comment '# conclint: {verb}' without codes: {verb}[CON401]")
        return
    codes = tuple(code for code in listed if _CODE.fullmatch(code))
    if wrong := ", ".join(code for code in listed if code not in codes):
        yield Problem(line, column, f"unknown code '{wrong}' in '# conclint: {verb}'")
    first, last = comment.joined, line
    if verb == "ignore-file":
        first, last = 1, total
    elif line == comment.logical[1]:
        first = comment.logical[0]
    if codes:
        yield Suppression(line, column, first, last, codes, reason=match["reason"].strip())


def _placed(found: _Found, source: Source) -> _Found:
    at = source.in_document(Span(found.line, found.column, found.line, found.column))
    moved = msgspec.structs.replace(found, line=at.line, column=at.column)
    if isinstance(moved, Suppression):
        lines = source.first_line - 1
        return msgspec.structs.replace(moved, first=moved.first + lines, last=moved.last + lines)
    return moved
