"""What a module that nobody has parsed defines and changes, told from its text.

The text is cut at its margin into functions and classes; what one of them mentions belongs to it. That says too much of some
modules, and too little only of those that change things through another name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from conclint.memo import cached_property
from conclint.source.sniff import imports_in

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a pattern begins with, or words that are looked for first, is found at the speed of memory.
_MARGIN = re.compile(r"\n(?:(?:async[ \t]+)?(def|class)[ \t]+(\w+)|[^\s#)\]}])")
_ASSIGNED = re.compile(r"(\w+)[ \t]*(?::[^=\n]+)?=(?!=)[ \t]*(?:\w[\w.]*\.)?(\w*)")
_GLOBAL = re.compile(r"\n[ \t]+global[ \t]")
_IN_PLACE = r"""
    (?:
        (?: \[[^\n]{0,200}\] )? [ \t]* (?: [-+*/|&^%@] | // | \*\* | << | >> ) = (?!=)
      | \[[^\n]{0,200}\] [ \t]* = (?!=)
      | \. (?: add | append | appendleft | clear | discard | extend | insert | pop | popitem | popleft | remove
             | setdefault | sort | update ) \(
    )
"""
_CHANGED = re.compile(rf"(?<![\w.]) (\w+) (?:\.\w+)*? {_IN_PLACE}", re.VERBOSE)
_IN_PLACE_AT_ALL = re.compile(
    r"""
    [-+*/|&^%@<>\]] [ \t]* =
  | \. (?: add | append | appendleft | clear | discard | extend | insert | pop | popitem | popleft | remove
         | setdefault | sort | update ) \(
    """,
    re.VERBOSE,
)
"""Stands in each line where something is changed in place."""
_CHANGES_ITSELF = re.compile(rf"\b (?:self|cls) (?<!\.self) (?<!\.cls) (?:\.\w+)+? {_IN_PLACE}", re.VERBOSE)
_LOCK = re.compile(r"(?<![a-z])lock(?![a-z])|(?<![a-z])Lock|mutex")
_CALLED = re.compile(r"(?<![\w.])\w+(?:\.\w+){0,4}\Z")
_WORD = re.compile(r"\w+|\*")


class Imported(NamedTuple):
    """An import: the dotted name of the module, without the dots in front, empty where it is among the `names` themselves."""

    module: str
    names: frozenset[str]


class Outline:
    """The functions, classes and variables of a module by name, and what the text of one of them shows."""

    def __init__(self, text: str) -> None:
        self._text = f"\n{text}"
        self._classes: set[str] = set()
        self._statements: list[int] = []
        """Where something else than a function or class begins at the margin."""
        texts: dict[str, str] = {}
        for kind, name, block in self._cut():
            if kind == "class":
                self._classes.add(name)
            texts[name] = texts.get(name, "") + block
        self._blocks = {name: _Block(block) for name, block in texts.items()}

    def _cut(self) -> Iterator[tuple[str, str, str]]:
        """Yield kind, name and text of what is defined at the margin."""
        begun: re.Match[str] | None = None
        for found in _MARGIN.finditer(self._text):
            if begun is not None:
                yield begun[1], begun[2], self._text[begun.start() + 1 : found.start() + 1]
            begun = found if found[1] else None
            if begun is None:
                self._statements.append(found.start() + 1)
        if begun is not None:
            yield begun[1], begun[2], self._text[begun.start() + 1 :]

    @cached_property
    def _assigned(self) -> dict[str, str]:
        found = (_ASSIGNED.match(self._text, at) for at in self._statements)
        return {one[1]: one[2] for one in found if one is not None}

    def is_class(self, name: str) -> bool:
        """Tell a class of the module."""
        return name in self._classes

    def defines(self, name: str) -> bool:
        """Tell a function, a class or a variable of the module."""
        return name in self._blocks or name in self._assigned

    def origins(self, name: str) -> list[str]:
        """Return the dotted names, without the dots in front, of the modules that the module may have a name from."""
        return [one.module or name for one in self.imports if name in one.names or "*" in one.names]

    @cached_property
    def imports(self) -> tuple[Imported, ...]:
        """The imports of the module."""
        found: list[Imported] = []
        origin = ""
        for said in imports_in(self._text):
            _, *words = _WORD.findall(said)
            if said.startswith("from"):
                origin = ".".join(words)
            else:
                found.append(Imported(origin, frozenset(words)))
                origin = ""
        return tuple(found)

    def changes_objects(self, name: str) -> bool:
        """Tell whether methods of a class change what their object holds."""
        return name in self._classes and self._blocks[name].changes_itself

    def changes_module(self, name: str) -> bool:
        """Tell whether a function or class changes what the module holds, by itself or by what it mentions."""
        return any(map(self._changes_module, self._with_mentioned(name)))

    def _changes_module(self, block: _Block) -> bool:
        if block.is_global:
            return True
        kept = block.words & self._assigned.keys()
        if any(self.changes_objects(self._assigned[word]) for word in kept):
            return True
        held = kept | (block.words & self._classes)
        return bool(held) and not held.isdisjoint(block.changed)

    def calls(self, name: str) -> Iterator[str]:
        """Yield the dotted names of what a function or class calls of other modules, by itself or by what it mentions."""
        for block in self._with_mentioned(name):
            if not block.words.isdisjoint(self._origins):
                for one in block.called:
                    origin = self._origins.get(one.partition(".")[0])
                    if origin is not None:
                        yield f"{origin}.{one}" if origin else one

    @cached_property
    def _origins(self) -> dict[str, str]:
        return {each: one.module for one in self.imports for each in one.names}

    def locks(self, name: str) -> bool:
        """Tell whether the text of a function or class mentions locks."""
        return name in self._blocks and self._blocks[name].locks

    def mentioned(self, name: str) -> frozenset[str]:
        """Return all words of a function or class and of those that it mentions."""
        return frozenset().union(*(block.words for block in self._with_mentioned(name)))

    def _with_mentioned(self, name: str) -> Iterator[_Block]:
        """Yield the functions and classes that one of them mentions, directly or not, and itself."""
        found = {name, self._assigned.get(name, name)} & self._blocks.keys()
        pending = list(found)
        while pending:
            block = self._blocks[pending.pop()]
            yield block
            new = (block.words & self._blocks.keys()) - found
            found |= new
            pending += new


class _Block:
    """The text of a function or class, and what it shows."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(_WORD.findall(self._text))

    @cached_property
    def called(self) -> frozenset[str]:
        """The dotted names of what is called."""
        pieces = (piece for piece in self._text.split("(")[:-1] if piece and not piece[-1].isspace())
        found = (_CALLED.search(piece.rsplit(None, 1)[-1]) for piece in pieces)
        return frozenset(one[0] for one in found if one is not None)

    @cached_property
    def changed(self) -> frozenset[str]:
        """The first names of what is changed in place."""
        found: set[str] = set()
        text, end = self._text, 0
        while (some := _IN_PLACE_AT_ALL.search(text, end)) is not None:
            begin, end = text.rfind("\n", 0, some.start()) + 1, text.find("\n", some.start())
            end = end if end >= 0 else len(text)
            found.update(_CHANGED.findall(text[begin:end]))
        return frozenset(found)

    @cached_property
    def changes_itself(self) -> bool:
        """Something that `self` holds is changed in place."""
        return _CHANGES_ITSELF.search(self._text) is not None

    @cached_property
    def is_global(self) -> bool:
        """It binds a name of the module."""
        return "global" in self._text and _GLOBAL.search(self._text) is not None

    @cached_property
    def locks(self) -> bool:
        return _LOCK.search(self._text) is not None
