"""A parsed module with what one walk over it has collected."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TypeVar

import libcst as cst
import msgspec

from conclint.source import Source
from conclint.syntax.children import is_a
from conclint.syntax.scopes import Scope

Node = TypeVar("Node", bound=cst.CSTNode)

_WITH_BODY = frozenset({cst.FunctionDef, cst.ClassDef, cst.Lambda})


class Tree(msgspec.Struct, eq=False):
    """The libcst tree of one source, the parent of each node and the scope that each scope node opens.

    Both maps are keyed by `id(node)`: the tree keeps its nodes alive, and libcst's own hash is slower. `parents` has all
    nodes that hold code, `by_kind` has them by their class, `lines` those with which a logical line begins, decorators aside, all
    in source order.
    """

    source: Source
    module: cst.Module
    root: Scope
    parents: dict[int, cst.CSTNode]
    scopes: dict[int, Scope]
    by_kind: dict[type[cst.CSTNode], list[cst.CSTNode]]
    lines: list[cst.CSTNode]
    _listed: dict[int, Scope] | None = None
    _positions: dict[int, int] | None = None

    def let_go(self) -> None:
        """Drop every node; the tree is of no use afterwards.

        Scopes refer to each other in circles, so what they hold would stay until the garbage collector comes by, and
        that would have to look at each of the many nodes.
        """
        for scope in list(self.root.walk()):
            scope.let_go()
        for held in (self.parents, self.scopes, self.by_kind, self.lines):
            held.clear()
        self._listed = self._positions = None
        self.module = None  # type: ignore[assignment]

    def of_kind(self, kind: type[Node]) -> list[Node]:
        """Return the nodes of exactly this class, in source order."""
        return self.by_kind.get(kind, [])  # type: ignore[return-value]

    @property
    def positions(self) -> dict[int, int]:
        """The place of each node but the module among those that hold code, in source order, by `id`."""
        if self._positions is None:
            places: dict[int, int] = self.parents.copy()  # type: ignore[assignment] # of the size that it will have
            places.update(zip(self.parents, itertools.count()))
            self._positions = places
        return self._positions

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the node directly around `node`, None for the module."""
        return self.parents.get(id(node))

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield what encloses `node`, innermost first."""
        parents = self.parents
        found = parents.get(id(node))
        while found is not None:
            yield found
            found = parents.get(id(found))

    def outwards(self, node: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
        """Yield the steps from `node` to the module: a node, and the one directly around it."""
        parents = self.parents
        outer = parents.get(id(node))
        while outer is not None:
            yield node, outer
            node, outer = outer, parents.get(id(outer))

    def enclosing(self, node: cst.CSTNode, kind: type[Node] | tuple[type[Node], ...]) -> Node | None:
        """Return the innermost ancestor of one of these classes."""
        for found in self.ancestors(node):
            if is_a(found, kind):
                return found
        return None

    def scope_of(self, node: cst.CSTNode) -> Scope:
        """Return the scope in which `node` is evaluated.

        Decorators, bases, defaults and annotations belong to the scope around the definition; so does the
        first iterable of a comprehension (Language Reference 6.2.4).
        """
        listed = self._listed
        if listed is None:
            listed = self._listed = _listed(self.root)
        inner = node
        while (kind := inner.__class__) is cst.Attribute or kind is cst.Call:
            inner = inner.value if kind is cst.Attribute else inner.func  # type: ignore[attr-defined]
        if (named := listed.get(id(inner))) is not None:
            return named
        inner = node
        around: cst.CSTNode | None = None
        parents, scopes = self.parents, self.scopes
        while (outer := parents.get(id(inner))) is not None:
            if outer.__class__ is cst.CompFor and self.is_first_iterable(inner, outer):
                around = parents[id(outer)]
            elif id(outer) in scopes and outer is not around and _evaluated_inside(inner, outer):
                return scopes[id(outer)]
            inner = outer
        return self.root

    def is_first_iterable(self, node: cst.CSTNode, parent: cst.CSTNode) -> bool:
        """Tell what a comprehension goes over, evaluated once and before it, from what it evaluates for each item."""
        return (
            parent.__class__ is cst.CompFor
            and node is parent.iter
            and id(self.parents[id(parent)]) in self.scopes
        )


def _listed(root: Scope) -> dict[int, Scope]:
    """Return the scopes of the names: most questions are about these, or what begins with them."""
    found: dict[int, Scope] = {}
    for scope in root.walk():
        found.update(zip(map(id, scope.names), itertools.repeat(scope)))
    return found


def _evaluated_inside(inner: cst.CSTNode, outer: cst.CSTNode) -> bool:
    return outer.__class__ not in _WITH_BODY or inner is outer.body
