"""What objects are that a class is given and nothing tells the class of, by what it asks of them.

Where an object comes in through a parameter, and one class of the package alone has all the methods that are called on it,
it is of that class. Names of several words are not shared by chance, `get` and `close` are.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conclint.program.linking import Linker

_FEWEST = 3
_FEWEST_TELLING = 2


class GivenObjects:
    """Tells the classes of objects in attributes by the methods that are called on them."""

    def __init__(self, linker: Linker) -> None:
        self._linker = linker
        self._asked: dict[tuple[str, str], set[str]] | None = None
        self._having: dict[str, set[str]] | None = None
        self._known: dict[tuple[str, str], str] = {}

    def class_of(self, cls: str, attribute: str) -> str:
        """Return the key of the class of what an attribute of a class holds, empty where that can't be told."""
        known = self._known.get((cls, attribute))
        if known is None:
            known = self._told(cls, attribute)
            if self._asked:
                self._known[cls, attribute] = known
        return known

    def _told(self, cls: str, attribute: str) -> str:
        if self._asked is None:
            self._asked = {}  # what is asked while that is being found out
            self._asked = self._collected()
        asked = {name for key in self._linker.order(cls) for name in self._asked.get((key, attribute), ())}
        if len(asked) < _FEWEST or sum("_" in name.strip("_") for name in asked) < _FEWEST_TELLING:
            return ""
        package = self._linker.package(cls)
        having = set.intersection(*(self._having_method(name) for name in asked))
        having = {key for key in having if self._linker.package(key) == package}
        if cls in having:
            return ""  # it passes on what it is asked itself
        basic = [key for key in having if not having.intersection(self._linker.order(key)[1:])]
        return basic[0] if len(basic) == 1 else ""

    def _collected(self) -> dict[tuple[str, str], set[str]]:
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for function in self._linker.functions.values():
            for call in function.calls:
                made, calls, rest = call.symbol.partition("().")
                steps = rest.split(".")
                if calls and len(steps) >= 2 and "(" not in rest:
                    cls = self._linker.resolve(made, function.key)
                    if cls in self._linker.classes:
                        found[function.owner or cls, steps[0]].add(steps[1])
        return found

    def _having_method(self, name: str) -> set[str]:
        if self._having is None:
            self._having = defaultdict(set)
            for key in self._linker.classes:
                for owner in self._linker.order(key):
                    for method in self._linker.classes[owner].methods:
                        self._having[method].add(key)
        return self._having.get(name, set())
