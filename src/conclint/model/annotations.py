"""What annotations say of values: through Optional and unions, strings, aliases and containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.values import NONE, NOTHING_KNOWN, UNKNOWN, ClassValue, Instance, Items, Symbol, union
from conclint.syntax import BindingKind
from conclint.syntax.walk import literal

if TYPE_CHECKING:
    from conclint.model.resolve import Resolver
    from conclint.model.values import Value, Values

_TRANSPARENT = frozenset(
    f"{home}.{name}" for home in ("typing", "typing_extensions") for name in ("Annotated", "Final", "ClassVar", "Required")
)
_OPTIONAL = frozenset({"typing.Optional"})
_UNION = frozenset({"typing.Union"})
_TUPLES = frozenset({"builtins.tuple", "typing.Tuple"})
# Generic classes by where the type of their items stands among the arguments (Library Reference, typing, collections.abc).
_FIRST = ("List", "Set", "FrozenSet", "Deque", "Sequence", "MutableSequence", "Iterable", "Iterator", "Collection",
          "AbstractSet", "MutableSet", "Generator")
_SECOND = ("Dict", "DefaultDict", "OrderedDict", "Mapping", "MutableMapping")
_ITEMS = {
    **{f"{home}.{name}": 0 for name in (*_FIRST, "Set") for home in ("typing", "collections.abc")},
    **{f"{home}.{name}": 1 for name in _SECOND for home in ("typing", "collections.abc")},
    **dict.fromkeys(("builtins.list", "builtins.set", "builtins.frozenset", "collections.deque", "weakref.WeakSet"), 0),
    **dict.fromkeys(("builtins.dict", "collections.defaultdict", "collections.OrderedDict"), 1),
    **dict.fromkeys(("weakref.WeakValueDictionary", "weakref.WeakKeyDictionary"), 1),
}


class Annotations:
    """Reads the annotations of one module."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._parsed: dict[int, cst.BaseExpression | None] = {}
        """What strings say, by `id` of their nodes; kept, for values are remembered by the identity of nodes."""
        self._open: set[int] = set()
        """The aliases, by `id` of what they stand for, that are being read: `Json = dict[str, "Json"]`."""

    def values(self, annotation: cst.BaseExpression) -> Values:
        """Return an instance of the class that an annotation names, or a container of such."""
        if annotation.__class__ is cst.SimpleString:
            said = self._said(annotation)
            return self.values(said) if said is not None else NOTHING_KNOWN
        if annotation.__class__ is cst.BinaryOperation and annotation.operator.__class__ is cst.BitOr:
            return union(self.values(annotation.left), self.values(annotation.right))
        if isinstance(annotation, cst.Name):
            if annotation.value == "None":
                return (NONE,)
            if (meant := self._alias(annotation)) is not None:
                return self._aliased(meant)
        if annotation.__class__ is cst.Subscript:
            return self._generic(annotation)
        return self._instances(self._resolver.values(annotation))

    def _aliased(self, meant: cst.BaseExpression) -> Values:
        if id(meant) in self._open:
            return NOTHING_KNOWN
        self._open.add(id(meant))
        try:
            return self.values(meant)
        finally:
            self._open.discard(id(meant))

    def _said(self, node: cst.SimpleString) -> cst.BaseExpression | None:
        if id(node) not in self._parsed:
            try:
                text = literal(node)
                self._parsed[id(node)] = cst.parse_expression(text) if isinstance(text, str) else None
            except Exception:  # noqa: BLE001 -- an annotation may hold any text
                self._parsed[id(node)] = None
        return self._parsed[id(node)]

    def _alias(self, name: cst.Name) -> cst.BaseExpression | None:
        """Return the union or generic type that a name is another name for: `Lockable = Union[Lock, RLock]`."""
        owner = self._resolver.tree.scope_of(name).owner(name.value)
        bindings = owner.bindings.get(name.value, ()) if owner is not None else ()
        if len(bindings) != 1 or bindings[0].kind is not BindingKind.ASSIGN or bindings[0].path:
            return None
        value = bindings[0].value
        return value if isinstance(value, (cst.Subscript, cst.BinaryOperation)) else None

    def _generic(self, annotation: cst.Subscript) -> Values:
        outer = self._resolver.values(annotation.value)
        name = outer[0].name if len(outer) == 1 and isinstance(outer[0], Symbol) else ""
        given = [part.slice.value for part in annotation.slice if isinstance(part.slice, cst.Index)]
        if name in _TRANSPARENT and given:
            return self.values(given[0])
        if name in _OPTIONAL and given:
            return union(self.values(given[0]), (NONE,))
        if name in _UNION:
            return union(*map(self.values, given))
        if name in _TUPLES and given:
            exact = not isinstance(given[-1], cst.Ellipsis)
            return (Items(tuple(self.values(part) for part in given if not isinstance(part, cst.Ellipsis)), exact),)
        at = _ITEMS.get(name)
        if at is not None and at < len(given):
            return (Items((self.values(given[at]),)),)
        return self._instances(outer)

    def _instances(self, classes: Values) -> Values:
        found: list[Value] = []
        for value in classes:
            if isinstance(value, ClassValue):
                found.append(self._resolver.instance_of(value.cls))
            elif isinstance(value, Symbol) and (facts := self._resolver.knowledge.type(value.name)) is not None:
                found.append(Instance(value.name, facts))
            else:
                found.append(UNKNOWN)
        return tuple(found)
