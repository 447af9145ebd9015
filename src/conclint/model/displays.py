"""What containers hold: displays, comprehensions, what is put into them afterwards, and what is taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.memo import cached_property
from conclint.model.fillings import Fillings
from conclint.model.values import (
    NOTHING_KNOWN,
    UNKNOWN,
    Constant,
    Items,
    Values,
    element,
    every,
)
from conclint.syntax.walk import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conclint.model.resolve import Resolver


_STARRED = frozenset({cst.StarredElement, cst.StarredDictElement})


class Displays:
    """Evaluates the container expressions of a module to `Items`, and operators on constants."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def unary(self, node: cst.UnaryOperation) -> Values:
        """Return the number that a minus turns round."""
        if not isinstance(node.operator, cst.Minus):
            return NOTHING_KNOWN
        return tuple(
            Constant(-value.value) if isinstance(value, Constant) and isinstance(value.value, (int, float)) else UNKNOWN
            for value in self._resolver.values(node.expression)
        )

    def subscript(self, node: cst.Subscript) -> Values:
        """Return an element, any element, or for a slice the container itself."""
        containers = self._resolver.values(node.value)
        index = node.slice[0].slice
        if len(node.slice) == 1 and isinstance(index, cst.Index) and isinstance(index.value, cst.Integer):
            step = literal(index.value)
            assert isinstance(step, int)
            return element(containers, step)
        if isinstance(index, cst.Slice):
            return containers
        return every(containers)

    def display(self, node: cst.Tuple | cst.List | cst.Set) -> Values:
        """Return what a tuple, list or set is written to hold; a list or set also what is put into it later."""
        exact = not any(item.__class__ is cst.StarredElement for item in node.elements)
        elements = self._elements(node.elements)
        if isinstance(node, cst.Tuple) and exact:
            return (Items(elements, exact=True),)
        return (Items((*elements, *self.put_into(node))),)

    def dictionary(self, node: cst.Dict) -> Values:
        """Return the values of a dict, keys left out."""
        return (Items((*self._elements(node.elements), *self.put_into(node))),)

    def _elements(self, elements: Sequence[cst.BaseElement | cst.BaseDictElement]) -> tuple[Values, ...]:
        return tuple(map(self._element, elements))

    def _element(self, item: cst.BaseElement | cst.BaseDictElement) -> Values:
        found = self._resolver.values(item.value)
        return every(found) if item.__class__ in _STARRED else found

    def put_into(self, made: cst.CSTNode) -> Iterable[Values]:
        """Yield what is put into a container that an expression makes, after that."""
        for filling in self.fillings.of(made):
            found = self._resolver.values(filling.value)
            yield every(found) if filling.many else found

    @cached_property
    def fillings(self) -> Fillings:
        """What is put into the containers of the module."""
        return Fillings(self._resolver.tree, self._resolver.functions)

    def operation(self, node: cst.BinaryOperation) -> Values:
        """Return the container that adding or joining two of them gives."""
        sides = self._resolver.values(node.left), self._resolver.values(node.right)
        if not all(isinstance(value, Items) for side in sides for value in side):
            return NOTHING_KNOWN
        return (Items(tuple(every(side) for side in sides)),)

    def comprehension(self, node: cst.ListComp | cst.SetComp | cst.GeneratorExp) -> Values:
        """Return what each turn gives."""
        return (Items((self._resolver.values(node.elt),)),)
