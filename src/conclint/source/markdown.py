"""The Python of Markdown documents: code fences, wherever they are nested.

Blocks are found as CommonMark has them (https://spec.commonmark.org/0.31.2/#fenced-code-blocks), and in the indented
boxes that MkDocs adds (`!!! note`, `??? tip`, `=== "Tab"`).
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from conclint.source.lines import split_lines, without_end
from conclint.source.snippet import LANGUAGES, SESSIONS, Line, snippet

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

    from conclint.source.source import Source

_BOX = re.compile(r"(?:!!!|\?\?\?\+?|===\+?)[ \t]+\S")
_BOX_INDENT = 4
_VERSION = re.compile(r"python3(?:\.\d+)+")
_DIRECTIVE = re.compile(r"\{(?:code-block|code-cell|code|sourcecode|code-include)\}\s*(?P<language>[\w.-]+)")
_ATTRIBUTES = re.compile(r"\{\s*\.?(?P<language>[\w.-]+)[^}]*\}")
_WORD = re.compile(r"[\w.-]+")
_OPTION = re.compile(r"\s*:[\w-]+:(?:\s|$)")


def fences(path: str, text: str) -> list[Source]:
    """Return the Python fences of the Markdown document `text` in their order, as fragments of it."""
    lines = split_lines(text)
    found = []
    for token in _parser().parse("\n".join(map(without_end, lines))):
        language = _language(token.info) if token.type == "fence" else ""
        if token.map is None or not _is_python(language):
            continue
        first = token.map[0] + 1
        content = token.content.split("\n")[:-1]
        parts = [
            _line(line, part) for line, part in zip(lines[first : first + len(content)], content, strict=True)
        ]
        if token.info.lstrip().startswith("{"):
            parts = _without_options(parts)
        source = snippet(path, first + 1, parts, session=language in SESSIONS)
        if source is not None:
            found.append(source)
    return found


def _is_python(language: str) -> bool:
    return language in LANGUAGES or language in SESSIONS or _VERSION.fullmatch(language) is not None


def _language(info: str) -> str:
    """Return what an info string calls the language: `python`, `{.python .numberLines}`, `{code-block} python`."""
    info = info.strip()
    for pattern in (_DIRECTIVE, _ATTRIBUTES):
        if (found := pattern.match(info)) is not None:
            return found["language"].lower()
    word = _WORD.match(info)
    return word[0].lower() if word else ""


def _line(line: str, content: str) -> Line:
    """Return the line of a fence: content ends as the line of the document does, so the rest is margin.

    It is negative where a tab reaches over the edge of a list item and leaves more spaces than it was columns.
    """
    body = without_end(line)
    return Line(content, line[len(body) :], len(body) - len(content))


def _without_options(lines: list[Line]) -> list[Line]:
    """Blank what a directive is told before its content: `:linenos:` lines, or a block between `---` lines."""
    if lines and lines[0].text.strip() == "---":
        ends = [number for number, line in enumerate(lines[1:], 1) if line.text.strip() == "---"]
        count = ends[0] + 1 if ends else 0
    else:
        count = next(
            (number for number, line in enumerate(lines) if not _OPTION.match(line.text)), len(lines)
        )
    return [line.blank() for line in lines[:count]] + lines[count:]


@functools.cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # few runs meet a document

    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.block.ruler.before("fence", "box", _box, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    return parser


def _box(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a box of MkDocs as a container: what is indented by four columns below its title."""
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    if state.is_code_block(start) or not _BOX.match(line):
        return False
    if silent:
        return True
    inside = state.blkIndent + _BOX_INDENT
    after = start + 1
    while after < end and (state.isEmpty(after) or state.sCount[after] >= inside):
        after += 1
    outer, outer_end = state.blkIndent, state.lineMax
    state.blkIndent, state.lineMax = inside, after
    state.md.block.tokenize(state, start + 1, after)
    state.blkIndent, state.lineMax, state.line = outer, outer_end, after
    return True
