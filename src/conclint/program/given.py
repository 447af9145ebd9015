"""What objects are that a class is given and nothing in its own module tells the class of.

What its constructor is given wherever an object of the class is made is of one class, or nobody knows. Else it is told by
what is asked of it.

Where an object comes in through a parameter, and one class of the package alone has all the methods that are called on it,
it is of that class. Names of several words are not shared by chance, `get` and `close` are.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from conclint.program.summary import PARAMETER
from conclint.source.naming import is_test

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program.linking import Linker
    from conclint.program.summary import CallFact, FunctionFact, ModuleSummary

_FEWEST = 3
_FEWEST_TELLING = 2


class GivenObjects:
    """Tells the classes of objects in attributes by the methods that are called on them."""

    def __init__(self, linker: Linker, before: GivenObjects | None = None) -> None:
        self._linker = linker
        self.calls: dict[str, _Calls] = before.calls if before is not None else {}
        self._asked: dict[tuple[str, str], set[str]] | None = None
        self._defining: dict[str, list[str]] | None = None
        self._known: dict[tuple[str, str], str] = {}
        self._makers: dict[str, list[tuple[str, CallFact]]] | None = None
        self._open: set[tuple[str, str]] = set()

    def class_of(self, cls: str, attribute: str) -> str:
        """Return the key of the class of what an attribute of a class holds, empty where that can't be told."""
        known = self._known.get((cls, attribute))
        if known is None:
            if self._makers is None:
                self._makers = {}
                self._makers = self._where_made()
            known = self._passed(cls, attribute) or self._told(cls, attribute)
            if self._asked:
                self._known[cls, attribute] = known
        return known

    def _passed(self, cls: str, attribute: str) -> str:
        """Return the class of what the constructor is given for an attribute, wherever objects are made but in tests."""
        for owner in self._linker.order(cls):
            parameter = self._linker.classes[owner].given.get(attribute)
            if parameter is not None:
                return self._of_parameter(self._linker.classes[owner].methods.get("__init__", ""), parameter)
        return ""

    def _of_parameter(self, init: str, parameter: str) -> str:
        function = self._linker.functions.get(init)
        calls = (self._makers or {}).get(init, [])
        if function is None or not calls or (init, parameter) in self._open or parameter not in function.parameters:
            return ""
        position = function.parameters.index(parameter) - 1
        self._open.add((init, parameter))
        found = {self._of_argument(maker, call, position, parameter) for maker, call in calls}
        self._open.discard((init, parameter))
        return found.pop() if len(found) == 1 else ""

    def _of_argument(self, maker: str, call: CallFact, position: int, parameter: str) -> str:
        for given in call.objects:
            if given.name == parameter if given.name else given.position == position:
                if given.cls.startswith(PARAMETER):
                    return self._of_parameter(maker, given.cls.removeprefix(PARAMETER))
                found = given.cls if given.cls in self._linker.classes else self._linker.resolve(given.cls, maker)
                return found if found in self._linker.classes else ""
        return ""

    def _where_made(self) -> dict[str, list[tuple[str, CallFact]]]:
        """Return the calls that give a constructor its arguments, by its key, each with the function that makes it."""
        found: dict[str, list[tuple[str, CallFact]]] = defaultdict(list)
        constructors = {fact.methods["__init__"] for fact in self._linker.classes.values() if "__init__" in fact.methods}
        for calls in self._calls_of_modules():
            for maker, call in calls.making:
                callee = call.callee or self._constructor(call.symbol, maker)
                if callee in constructors:
                    found[callee].append((maker, call))
        return found

    def _constructor(self, symbol: str, user: str) -> str:
        """Return the key of the constructor that the call of a symbol runs."""
        made = self._linker.resolve(symbol, user)
        return self._linker.method(made, "__init__") if made in self._linker.classes else made

    def _calls_of_modules(self) -> Iterator[_Calls]:
        for module in self._linker.modules:
            if module.functions:
                key = module.functions[0].key
                if key not in self.calls:
                    self.calls[key] = _Calls(module)
                yield self.calls[key]

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
        for calls in self._calls_of_modules():
            for user, made, attribute, method in calls.asking:
                cls = self._linker.resolve(made, user.key)
                if cls in self._linker.classes:
                    found[user.owner or cls, attribute].add(method)
        return found

    def _having_method(self, name: str) -> set[str]:
        if self._defining is None:
            self._defining = defaultdict(list)
            for key, fact in self._linker.classes.items():
                for method in fact.methods:
                    self._defining[method].append(key)
        defining = self._defining.get(name, [])
        return {*defining, *(derived for key in defining for derived in self._linker.subclasses(key))}


class _Calls:
    """The calls of a module that tell something of objects, as far as that shows without knowing other modules.

    `making` are those that look like making an object, each with the function, but in tests. `asking` are those of a method of
    what an attribute holds: the function, the symbol of what is made that has the attribute, the attribute and the method.
    """

    def __init__(self, module: ModuleSummary) -> None:
        self.making: list[tuple[str, CallFact]] = []
        self.asking: list[tuple[FunctionFact, str, str, str]] = []
        makes = not is_test(module.path)
        for function in module.functions:
            for call in function.calls:
                if makes and _makes(call):
                    self.making.append((function.key, call))
                made, calls, rest = call.symbol.partition("().")
                if calls and "(" not in rest and len(steps := rest.split(".")) == 2:
                    self.asking.append((function, made, steps[0], steps[1]))


def _makes(call: CallFact) -> bool:
    """Tell the call of a constructor, or of a class by its looks."""
    if call.callee:
        return ".__init__#" in call.callee
    return "(" not in call.symbol and call.symbol.rpartition(".")[2].strip("_")[:1].isupper()
