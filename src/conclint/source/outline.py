"""What a module that nobody has parsed defines and changes, told from its text.

The text is cut at its margin into functions and classes; what one of them mentions belongs to it. That says too much of some
modules, and too little only of those that change things through another name.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from conclint.source.sniff import imports_in

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARGIN = re.compile(r"^(?:(?:async[ \t]+)?(def|class)[ \t]+(\w+)|[^\s#)\]}])", re.MULTILINE)
_ASSIGNED = re.compile(r"^(\w+)[ \t]*(?::[^=\n]+)?=(?!=)[ \t]*(?:\w[\w.]*\.)?(\w*)", re.MULTILINE)
_GLOBAL = re.compile(r"^[ \t]+global[ \t]", re.MULTILINE)
_CHANGED = re.compile(
    r"""
    (?<![\w.]) (\w+) ((?:\.\w+)*?)
    (?:
        (?: \[[^\n]{0,200}\] )? [ \t]* (?: [-+*/|&^%@] | // | \*\* | << | >> ) = (?!=)
      | \[[^\n]{0,200}\] [ \t]* = (?!=)
      | \. (?: add | append | appendleft | clear | discard | extend | insert | pop | popitem | popleft | remove
             | setdefault | sort | update ) \(
    )
    """,
    re.VERBOSE,
)
_LOCK = re.compile(r"(?<![a-z])lock(?![a-z])|(?<![a-z])Lock|mutex")
_CALL = re.compile(r"(?<![\w.])(\w+(?:\.\w+){0,4})\(")
_WORD = re.compile(r"\w+|\*")
_SELF = frozenset({"self", "cls"})


class Imported(NamedTuple):
    """An import: the dotted name of the module, without the dots in front, empty where it is among the `names` themselves."""

    module: str
    names: frozenset[str]


class Outline:
    """The functions, classes and variables of a module by name, and what the text of one of them shows."""

    def __init__(self, text: str) -> None:
        self._assigned: dict[str, str] = dict(_ASSIGNED.findall(text))
        self._imports = imports_in(text)
        self._kinds: dict[str, str] = {}
        self._blocks: dict[str, str] = {}
        self._changes: dict[str, frozenset[str]] = {}
        self._mentioned: dict[str, frozenset[str]] = {}
        self._called: dict[str, frozenset[str]] = {}
        for kind, name, block in _blocks(text):
            self._kinds[name] = kind
            self._blocks[name] = self._blocks.get(name, "") + block

    def is_class(self, name: str) -> bool:
        """Tell a class of the module."""
        return self._kinds.get(name) == "class"

    def defines(self, name: str) -> bool:
        """Tell a function, a class or a variable of the module."""
        return name in self._kinds or name in self._assigned

    def origins(self, name: str) -> list[str]:
        """Return the dotted names, without the dots in front, of the modules that the module may have a name from."""
        return [one.module or name for one in self.imports if name in one.names or "*" in one.names]

    @functools.cached_property
    def imports(self) -> tuple[Imported, ...]:
        """The imports of the module."""
        found: list[Imported] = []
        origin = ""
        for said in self._imports:
            _, *words = _WORD.findall(said)
            if said.startswith("from"):
                origin = ".".join(words)
            else:
                found.append(Imported(origin, frozenset(words)))
                origin = ""
        return tuple(found)

    def changes_objects(self, name: str) -> bool:
        """Tell whether methods of a class change what their object holds."""
        return self.is_class(name) and not _SELF.isdisjoint(self._changed(name))

    def changes_module(self, name: str) -> bool:
        """Tell whether a function or class changes what the module holds, by itself or by what it mentions."""
        return any(map(self._changes_module, self.with_mentioned(name)))

    def _changes_module(self, name: str) -> bool:
        if _GLOBAL.search(self._blocks[name]) is not None:
            return True
        if any(word in self._assigned or self.is_class(word) for word in self._changed(name)):
            return True
        return any(
            self.changes_objects(self._assigned[word]) for word in self._words(name) & self._assigned.keys()
        )

    def calls(self, name: str) -> frozenset[str]:
        """Return the dotted names of what a function or class calls of other modules, by itself or by what it mentions."""
        return frozenset().union(*map(self._calls, self.with_mentioned(name)))

    def _calls(self, name: str) -> frozenset[str]:
        if name not in self._called:
            called = ((one, self._origins.get(one.partition(".")[0])) for one in _CALL.findall(self._blocks[name]))
            self._called[name] = frozenset(
                f"{origin}.{one}" if origin else one for one, origin in called if origin is not None
            )
        return self._called[name]

    @functools.cached_property
    def _origins(self) -> dict[str, str]:
        return {each: one.module for one in self.imports for each in one.names}

    def locks(self, name: str) -> bool:
        """Tell whether the text of a class mentions locks."""
        return _LOCK.search(self._blocks.get(name, "")) is not None

    def _changed(self, name: str) -> frozenset[str]:
        """Return the first names of what a function or class changes in place, `self` only where it is an attribute."""
        if name not in self._changes:
            found = _CHANGED.findall(self._blocks[name])
            self._changes[name] = frozenset(root for root, path in found if path or root not in _SELF)
        return self._changes[name]

    def with_mentioned(self, name: str) -> list[str]:
        """Return the functions and classes that one of them mentions, directly or not, and itself."""
        found: dict[str, None] = {}
        pending = [self._assigned.get(name, name), name]
        while pending:
            at = pending.pop()
            if at in self._blocks and at not in found:
                found[at] = None
                pending += self._words(at) & self._blocks.keys()
        return list(found)

    def mentioned(self, name: str) -> frozenset[str]:
        """Return all words of a function or class and of those that it mentions."""
        return frozenset().union(*map(self._words, self.with_mentioned(name)))

    def _words(self, name: str) -> frozenset[str]:
        if name not in self._mentioned:
            self._mentioned[name] = frozenset(_WORD.findall(self._blocks[name]))
        return self._mentioned[name]


def _blocks(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield kind, name and text of what is defined at the margin."""
    begun: re.Match[str] | None = None
    for found in _MARGIN.finditer(text):
        if begun is not None:
            yield begun[1], begun[2], text[begun.start() : found.start()]
        begun = found if found[1] else None
    if begun is not None:
        yield begun[1], begun[2], text[begun.start() :]
