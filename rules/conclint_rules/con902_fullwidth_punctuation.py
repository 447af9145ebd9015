"""CON902 fullwidth-punctuation."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Remedy, Report
from conclint.rule import SourceRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.errors import SyntaxFailure
    from conclint.model.broken import Misplaced
    from conclint.source import Source

_QUOTES = {"'": "a straight single quote", '"': "a straight double quote"}


class FullwidthPunctuation(SourceRule):
    """A full-width or typographic sign stands in code where Python needs its ASCII twin.

    `，（）：；。！＝＋－【】` look like Python's signs and are others; so are the quotation marks `“”‘’` that word
    processors make, and the no-break and ideographic spaces, which can't be seen at all. Every such place of the
    file is reported, where Python's own message names the first.

    ## Why
    Code that went through a chat, a slide or a word processor, or was typed with a keyboard for Chinese or
    Japanese, has such signs. Outside strings and comments Python knows none of them: operators, delimiters and
    the blanks between tokens are ASCII (Language Reference, 2.1.9 "Whitespace between tokens", 2.5 "Operators",
    2.6 "Delimiters"), so the file does not run, and nothing else in it can be checked.

    ## How to fix
    Type the ASCII sign. In strings and comments the others may stay.

    ## What is missed
    Signs without one obvious twin, such as `《》`. Dashes, `…`, `×`, `≠`, zero-width spaces and full-width digits in a
    file that is still no Python with ASCII in all places; there, a sign between two words of another script is
    taken for prose too. Files that parse: what such a sign is part of there is a string or a comment.

    ## Fix safety
    Safe: one fix, at the first place, replaces all signs of the file, and is offered only where the file parses
    afterwards. None is offered where ideographic spaces indent and it can't be told how deep.
    """

    code: ClassVar[str] = "CON902"
    name: ClassVar[str] = "fullwidth-punctuation"

    def check(self, source: Source, failure: SyntaxFailure) -> Iterator[Report]:
        from conclint.model.broken import mending_of

        mending = mending_of(source)
        count = len(mending.edits)
        description = "use the ASCII sign" if count == 1 else f"use the {count} ASCII signs"
        remedy = Remedy(description, mending.edits, safe=True) if mending.edits else None
        for place in mending.misplaced:
            yield Report(place.span, _sentence(place), remedy=remedy)
            remedy = None


def _sentence(place: Misplaced) -> str:
    sign = place.signs[0]
    name = unicodedata.name(sign, "sign without a name").lower()
    number = f"U+{ord(sign):04X}"
    if not place.twin:
        return f"an invisible {name} ({number}) stands in code, where Python allows none"
    if not place.twin.strip():
        return f"{_article(name)} {name} ({number}) stands in code, where Python needs a plain space"
    wanted = _QUOTES.get(place.twin, f"'{place.twin}'")
    return f"'{place.signs}' ({name}, {number}) stands in code, where Python needs {wanted}"


def _article(name: str) -> str:
    return "an" if name[0] in "aeiou" else "a"
