"""From the lines of a code example, as a document has them, to Python that can be parsed.

What is no Python is taken off or blanked so that every sign that is left can be found in the document again: the margin
of an example that is indented as a whole, the prompts of interactive sessions and what they print, the magic and
shell lines of IPython.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, NamedTuple

from conclint.source.lines import split_lines, without_end
from conclint.source.scan import scan
from conclint.source.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

LANGUAGES = frozenset({"python", "py", "python3", "py3", "ipython", "ipython3", "testcode"})
"""What code of Python is called in documents."""

SESSIONS = frozenset(
    {"pycon", "pycon3", "pyconsole", "python-console", "python-repl", "doctest", "ipythonconsole"}
)
"""What interactive sessions of Python are called in documents."""

_MARGIN = re.compile(r"[ \t]*")
_PROMPT = re.compile(r">>>(?: |$)")
_MORE = re.compile(r"\.\.\.(?: |$)")
_NOTEBOOK_PROMPT = re.compile(r"In ?\[[ \d]*\]:(?: |$)")
_NOTEBOOK_MORE = re.compile(r" *\.{3,}:(?: |$)")
_MAGIC = re.compile(r"(?P<before>[ \t]*)(?P<magic>[!%?].*|[\w.]+\?{1,2}[ \t]*)$")
_ASSIGNED_MAGIC = re.compile(r"(?P<before>[ \t]*[^\W\d][\w., \t]*=[ \t]*)(?P<magic>(?:!|%[^\W\d]).*)$")
_CELL_MAGIC = re.compile(r"\s*%%(?P<name>\w*)")
_MAGICS_OF_PYTHON = frozenset(
    {"capture", "debug", "memit", "mprun", "prun", "python", "python3", "time", "timeit"}
)


class Line(NamedTuple):
    """A line of an example: its text without its end, its end, and the columns that the document has before it."""

    text: str
    end: str
    margin: int

    def cut(self, columns: int) -> Line:
        """Return the line without its first columns."""
        return Line(self.text[columns:], self.end, self.margin + columns)

    def blank(self) -> Line:
        """Return the line without its text."""
        return Line("", self.end, self.margin)


def snippet(path: str, first_line: int, lines: Sequence[Line], *, session: bool = False) -> Source | None:
    """Return the Python of an example whose lines stand one below the other from `first_line` on (1-based).

    `session` says that it is an interactive session; one that starts with a prompt is recognised anyway. Returns
    None where there is no Python in it: a session without prompts, a cell in another language.
    """
    lines, indented = _dedented(lines)
    first = next((line.text for line in lines if line.text.strip() and not line.text.startswith("#")), "")
    if _PROMPT.match(first):
        lines = _typed(lines, _PROMPT, _MORE)
    elif _NOTEBOOK_PROMPT.match(first):
        lines = _typed(lines, _NOTEBOOK_PROMPT, _NOTEBOOK_MORE)
    elif session:
        return None
    text = without_magic("".join(line.text + line.end for line in lines))
    if text is None or not text.strip():
        return None
    margins = tuple(line.margin for line in lines)
    if len(set(margins)) == 1:
        return Source(path, text, first_line=first_line, indent=margins[0], fragment=True, indented=indented)
    return Source(path, text, first_line=first_line, margins=margins, fragment=True, indented=indented)


def _dedented(lines: Sequence[Line]) -> tuple[Sequence[Line], bool]:
    margins = [_MARGIN.match(line.text) for line in lines if line.text.strip()]
    columns = len(_common_start([found[0] for found in margins if found]))
    if not columns:
        return lines, False
    return [line.cut(min(columns, len(line.text))) for line in lines], True


def _common_start(texts: list[str]) -> str:
    """Return what all texts start with: the first and the last in order differ the earliest."""
    if not texts:
        return ""
    first, last = min(texts), max(texts)
    return "".join(
        one for one, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    )


def _typed(lines: Sequence[Line], prompt: re.Pattern[str], more: re.Pattern[str]) -> list[Line]:
    """Return what was typed in a session, without the prompts."""
    typed = []
    typing = False
    for line in lines:
        found = prompt.match(line.text) or (more.match(line.text) if typing else None)
        typing = found is not None
        typed.append(line.cut(found.end()) if found else line.blank())
    return typed


def without_magic(text: str) -> str | None:
    """Return `text` with the lines that only IPython understands replaced by statements that do nothing.

    No sign changes its place. Returns None for a cell in another language (`%%bash`).
    """
    if not any(sign in text for sign in "!%?"):
        return text
    lines = split_lines(text)
    numbers = {start: number for number, start in enumerate(itertools.accumulate(map(len, lines), initial=0))}
    found = _CELL_MAGIC.match(text)
    if found is not None and found["name"] not in _MAGICS_OF_PYTHON:
        return None
    done = -1
    for start in scan(text).statements:
        number = numbers[start]
        if number <= done or number >= len(lines):
            continue
        body = without_end(lines[number])
        if (magic := _MAGIC.match(body)) is not None:
            nothing = "pass" if len(magic["magic"]) >= len("pass") else "0"
        elif (magic := _ASSIGNED_MAGIC.match(body)) is not None:
            nothing = "None" if len(magic["magic"]) >= len("None") else "0"
        else:
            continue
        lines[number] = _instead(lines[number], magic["before"] + nothing)
        done = number
        while body.endswith("\\") and done + 1 < len(lines):
            done += 1
            body = without_end(lines[done])
            lines[done] = _instead(lines[done], "")
    return "".join(lines)


def _instead(line: str, text: str) -> str:
    body = without_end(line)
    return text.ljust(len(body)) + line[len(body) :]
