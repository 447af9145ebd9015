"""Classes of a module and what they derive from, in the order in which Python looks for attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.model.values import NOTHING_KNOWN, ClassValue, LibraryMethod, Symbol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import libcst as cst

    from conclint.knowledge import Knowledge
    from conclint.knowledge.schema import Type
    from conclint.model.definitions import Class
    from conclint.model.values import Value, Values

_OBJECT = Symbol("builtins.object")


class Hierarchy:
    """The bases of the classes of one module; `values` evaluates the expressions that name them."""

    def __init__(self, values: Callable[[cst.CSTNode], Values], knowledge: Knowledge) -> None:
        self._values = values
        self._knowledge = knowledge
        self._bases: dict[int, Values] = {}
        self._lineages: dict[int, Values] = {}
        self._own: dict[int, list[Class]] = {}

    def bases(self, cls: Class) -> Values:
        """Return what the direct bases of a class are; that of `class C(context.Process)` is the class it makes."""
        key = id(cls)
        if key not in self._bases:
            self._bases[key] = NOTHING_KNOWN
            self._bases[key] = tuple(
                self._class_of(value)
                for base in cls.node.bases
                for value in (NOTHING_KNOWN if base.star else self._values(base.value))
            )
        return self._bases[key]

    def _class_of(self, value: Value) -> Value:
        if isinstance(value, LibraryMethod):
            method = self._knowledge.method(value.receiver.type_name, value.name)
            return Symbol(method.makes) if method is not None and method.makes is not None else value
        return value

    def lineage(self, cls: Class) -> Values:
        """Return `cls` and all that it derives from, in method resolution order, without `object`.

        What is no class of this module stands there as one entry, whatever it derives from itself.
        """
        key = id(cls)
        if key not in self._lineages:
            self._lineages[key] = (ClassValue(cls),)
            bases = [base for base in self.bases(cls) if base != _OBJECT]
            parts = [self.lineage(base.cls) if isinstance(base, ClassValue) else (base,) for base in bases]
            self._lineages[key] = (ClassValue(cls), *_merged([*parts, bases]))
            self._own[key] = _own(self._lineages[key])
        return self._lineages[key]

    def mro(self, cls: Class) -> list[Class]:
        """Return those of the lineage that are classes of this module."""
        lineage = self.lineage(cls)
        found = self._own.get(id(cls))
        return found if found is not None else _own(lineage)

    def behind(self, receiver: Class, cls: Class) -> Values:
        """Return what `super()` in a method of `cls` looks through for an object of the class `receiver`."""
        lineage = self.lineage(receiver)
        here = ClassValue(cls)
        return lineage[lineage.index(here) + 1 :] if here in lineage else NOTHING_KNOWN

    def library_base(self, cls: Class) -> tuple[str, Type] | None:
        """Return the type of a library, with facts, that `cls` derives from, through classes of this module."""
        for value in self.lineage(cls):
            if isinstance(value, Symbol) and (facts := self._knowledge.type(value.name)) is not None:
                return value.name, facts
        return None

    def is_closed(self, cls: Class) -> bool:
        """Tell whether every base of `cls` is a class of this module, `object`, or a type with facts."""
        return all(map(self.is_known, self.lineage(cls)))

    def is_known(self, base: Value) -> bool:
        """Tell a class of this module or a type with facts from bases of which nothing is known."""
        return isinstance(base, ClassValue) or (
            isinstance(base, Symbol) and self._knowledge.type(base.name) is not None
        )


def _own(lineage: Values) -> list[Class]:
    return [value.cls for value in lineage if isinstance(value, ClassValue)]


def _merged(sequences: Sequence[Sequence[Value]]) -> list[Value]:
    """Merge lineages as C3 does (Barrett et al., OOPSLA 1996); where there is no such order, take them one by one."""
    pending = [list(sequence) for sequence in sequences if sequence]
    found: list[Value] = []
    while pending:
        behind = [value for sequence in pending for value in sequence[1:]]
        head = next((sequence[0] for sequence in pending if sequence[0] not in behind), None)
        if head is None:
            return list(dict.fromkeys(value for sequence in sequences for value in sequence))
        found.append(head)
        pending = [rest for sequence in pending if (rest := [value for value in sequence if value != head])]
    return found
