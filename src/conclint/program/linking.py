"""Finding what names mean across modules: imports, re-exports, classes and their bases."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

from conclint.program.given import GivenObjects

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conclint.program.summary import ClassFact, FunctionFact, ModuleSummary

_LONGEST_CHAIN = 12
_NOWHERE: tuple[str, tuple[str, ...]] = ("", ())
_STANDARD = sys.stdlib_module_names
_STEPS = re.compile(r"\(\)|[^.()]+")


class Linker:
    """Looks up functions and classes of the program by key and by symbol.

    `before` has linked the same modules, some of which it knew no more than the names of: what that can't change is taken over.
    """

    def __init__(self, modules: Iterable[ModuleSummary], before: Linker | None = None) -> None:
        self.modules = [*modules]
        self.functions: dict[str, FunctionFact] = {}
        self.classes: dict[str, ClassFact] = {}
        self._modules: dict[str, list[ModuleSummary]] = defaultdict(list)
        self._meant: dict[str, ModuleSummary | None] = {}
        self._by_last_name: dict[str, list[ModuleSummary]] = defaultdict(list)
        self._name_of: dict[str, str] = {}
        self._imports: dict[str, tuple[str, ...]] = {}
        for module in self.modules:
            self._name_of[module.path] = module.name
            self._imports[module.path] = module.imports
            self.functions.update({function.key: function for function in module.functions})
            self.classes.update({cls.key: cls for cls in module.classes})
            if module.name:
                self._modules[module.name].append(module)
                self._by_last_name[module.name.rpartition(".")[2]].append(module)
        self.settled: dict[str, str] = before.settled if before is not None else {}
        self._found: dict[str, str] = {}
        self._overrides: dict[str, list[str]] = {}
        self._beyond: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._orders: dict[str, tuple[str, ...]] = {}
        self._apart: dict[frozenset[str], bool] = {}
        self._locks: dict[str, bool] = {}
        self._subclasses: dict[str, list[str]] | None = None
        self.given: GivenObjects = GivenObjects(self, before.given if before is not None else None)

    # modules

    def module(self, name: str) -> ModuleSummary | None:
        """Return the module of a dotted name; None when there is none, or more than one that it may mean.

        Folders without `__init__.py` are no part of a module's own name here, but may be of an import's.
        """
        if name not in self._meant:
            found = self._modules.get(name) or self._in_folders(name)
            self._meant[name] = found[0] if len(found) == 1 else None
        return self._meant[name]

    def _in_folders(self, name: str) -> list[ModuleSummary]:
        tail = "/" + name.replace(".", "/")
        return [
            module
            for module in self._by_last_name.get(name.rpartition(".")[2], ())
            if f"/{module.path}".removesuffix(".py").removesuffix("/__init__").endswith(tail)
            and f".{name}".endswith(f".{module.name}")
        ]

    # names

    def resolve(self, symbol: str, user: str = "") -> str:
        """Return the key of the function or class that a symbol means; empty when that is not in the program.

        `shop.stock.Shelf().take` is the method `take` that an object of the class has. Where `user`, the key of the function or
        class that uses it, is told, the standard library means nothing but to itself: others know it by its facts.
        """
        known = self.settled.get(symbol)
        if known is None:
            known = self._found.get(symbol)
        if known == "" or not self._may_mean(symbol, user):
            return ""
        return known if known is not None else self._resolved(symbol)

    def _may_mean(self, symbol: str, user: str) -> bool:
        return (
            not user
            or not _is_standard(symbol)
            or _is_standard(self._name_of.get(user.partition(":")[0], ""))
        )

    def _resolved(self, symbol: str) -> str:
        """Find what a symbol means, and keep it: for good where no module that is unread, and no object, had to do with it."""
        found, settled, target_of = "", True, symbol
        for _ in range(_LONGEST_CHAIN):
            module, steps = self._located(target_of)
            if module is None or not steps:
                break
            settled = settled and bool(module.functions) and (steps[0] in module.exports or not module.stars)
            target = self._exported(module, steps[0])
            if not self._leads_on(target):
                found = self._member(target, steps[1:])
                settled = settled and len(steps) == 1
                break
            target_of = _joined(target, steps[1:])
        (self.settled if settled else self._found)[symbol] = found
        return found

    def _located(self, symbol: str) -> tuple[ModuleSummary | None, list[str]]:
        """Return the module that a symbol begins with and the steps from there."""
        steps = _STEPS.findall(symbol) if "(" in symbol else symbol.split(".")
        names = steps.index("()") if "()" in steps else len(steps)
        for end in range(names, 0, -1):
            if steps[end - 1] in self._by_last_name:
                module = self.module(".".join(steps[:end]))
                if module is not None:
                    return module, steps[end:]
        return None, steps

    def _leads_on(self, target: str) -> bool:
        return bool(target) and target not in self.functions and target not in self.classes

    def beyond(self, symbol: str, user: str) -> tuple[str, tuple[str, ...]]:
        """Return the path of the module of which nothing is known but its name, where a symbol leads to one; and the rest.

        `user` as in `resolve`.
        """
        if symbol in self.settled or not self._may_mean(symbol, user):
            return _NOWHERE
        known = self._beyond.get(symbol)
        if known is None:
            known = self._beyond[symbol] = self._led_beyond(symbol)
        return known

    def _led_beyond(self, symbol: str) -> tuple[str, tuple[str, ...]]:
        for _ in range(_LONGEST_CHAIN):
            module, steps = self._located(symbol)
            if module is None or not steps:
                break
            if not module.functions:
                return module.path, tuple(steps)
            target = self._exported(module, steps[0])
            if not target:
                stars = (self.module(star) for star in module.stars)
                unknown = [origin.path for origin in stars if origin is not None and not origin.functions]
                return (unknown[0], tuple(steps)) if len(unknown) == 1 else _NOWHERE
            if not self._leads_on(target):
                break
            symbol = _joined(target, steps[1:])
        return _NOWHERE

    def is_of_module(self, symbol: str) -> bool:
        """Tell a name that stands in a module itself, as `shelves.take` does where that has `take = _shelf.take`."""
        return self.module(symbol.rpartition(".")[0]) is not None

    def _exported(self, module: ModuleSummary, name: str) -> str:
        if name in module.exports:
            return module.exports[name]
        for star in module.stars:
            origin = self.module(star)
            if origin is not None and origin is not module and name in origin.exports:
                return origin.exports[name]
        return f"{module.name}.{name}" if self.module(f"{module.name}.{name}") is not None else ""

    def _member(self, key: str, steps: list[str]) -> str:
        for step in steps:
            if key not in self.classes:
                return ""  # what a function returns is not known
            if step != "()":
                key = self.method(key, step) or self.given.class_of(key, step)
        return key

    # classes

    def package(self, key: str) -> str:
        """Return the outermost package of what has a key."""
        return self._name_of.get(key.partition(":")[0], "").partition(".")[0]

    def home(self, key: str) -> str:
        """Return the folder of the outermost package of what has a key, or of the part of a package without `__init__.py`.

        The parts of such a package import each other by names that begin with those of the folders around them.
        """
        path = key.partition(":")[0]
        name = self._name_of.get(path, "")
        folders = path.removesuffix(".py").removesuffix("/__init__").split("/")
        around = folders[: len(folders) - name.count(".") - 1]
        starts = {tuple(one.split(".")[:end]) for one in self._imports.get(path, ()) for end in range(1, one.count(".") + 1)}
        if any(tuple(around[-count:]) in starts for count in range(1, len(around))):
            return "/".join(around)
        return "/".join(folders[: len(around) + 1])

    def order(self, key: str) -> tuple[str, ...]:
        """Return a class and its bases that are in the program, in the order in which attributes are looked up."""
        known = self._orders.get(key)
        if known is None:
            self._orders[key] = (key,)
            known = self._orders[key] = self._linearised(key)
        return known

    def never_one(self, one: str, other: str) -> bool:
        """Tell two classes of which no class of the program makes one object: siblings, say."""
        if not one or not other or one == other:
            return False
        pair = frozenset((one, other))
        if pair not in self._apart:
            both = {one, *self.subclasses(one)} & {other, *self.subclasses(other)}
            self._apart[pair] = not both
        return self._apart[pair]

    def _linearised(self, key: str) -> tuple[str, ...]:
        found: dict[str, None] = {key: None}
        for base in self.bases(key):
            # A base that several share comes behind all that derive from it (C3 agrees wherever it exists).
            for each in self.order(base):
                found.pop(each, None)
                found[each] = None
        return tuple(found)

    def bases(self, key: str) -> list[str]:
        """Return the keys of a class's direct bases as far as they are in the program."""
        fact = self.classes.get(key)
        if fact is None:
            return []
        keys = (base if base in self.classes else self.resolve(base, key) for base in fact.bases)
        return [found for found in keys if found in self.classes]

    def method(self, cls: str, name: str) -> str:
        """Return the key of the function that a method of a class is, empty when it has none in the program."""
        for key in self.order(cls):
            fact = self.classes.get(key)
            if fact is not None and name in fact.methods:
                return fact.methods[name]
        return ""

    def is_lock(self, cls: str) -> bool:
        """Tell a class that is a lock itself, by its methods."""
        known = self._locks.get(cls)
        if known is None:
            known = self._locks[cls] = bool(self.method(cls, "acquire") and self.method(cls, "release"))
        return known

    def owner(self, cls: str, attribute: str) -> str:
        """Return the class, of `cls` and its bases, that an attribute belongs to: the most basic one that stores it."""
        owners = [key for key in self.order(cls) if attribute in self.classes[key].attributes]
        return owners[-1] if owners else cls

    def overrides(self, key: str) -> list[str]:
        """Return the methods that replace a method in classes derived from its own."""
        known = self._overrides.get(key)
        if known is None:
            function = self.functions.get(key)
            name = function.name.rpartition(".")[2] if function is not None else ""
            derived = self.subclasses(function.owner) if function is not None and function.owner else []
            facts = [self.classes[cls] for cls in derived]
            known = self._overrides[key] = [fact.methods[name] for fact in facts if name in fact.methods]
        return known

    def subclasses(self, key: str) -> list[str]:
        """Return all classes of the program that derive from a class."""
        if self._subclasses is None:
            self._subclasses = defaultdict(list)
            for cls in self.classes:
                for base in self.order(cls)[1:]:
                    self._subclasses[base].append(cls)
        return self._subclasses.get(key, [])


def _joined(target: str, steps: list[str]) -> str:
    return ".".join([target, *steps]).replace(".()", "()")


def _is_standard(name: str) -> bool:
    return name.partition(".")[0] in _STANDARD
