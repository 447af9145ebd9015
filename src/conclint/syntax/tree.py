"""A parsed module with what one walk over it has collected."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TypeVar

import libcst as cst

from conclint.source import Source
from conclint.syntax.scopes import Scope

Node = TypeVar("Node", bound=cst.CSTNode)


@dataclasses.dataclass(eq=False, slots=True)
class Tree:
    """The libcst tree of one source, the parent of each node and the scope that each scope node opens.

    Both maps are keyed by `id(node)`: the tree keeps its nodes alive, and libcst's own hash is slower.
    """

    source: Source
    module: cst.Module
    root: Scope
    parents: dict[int, cst.CSTNode]
    scopes: dict[int, Scope]

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

    def enclosing(self, node: cst.CSTNode, kind: type[Node] | tuple[type[Node], ...]) -> Node | None:
        """Return the innermost ancestor of one of these classes."""
        for found in self.ancestors(node):
            if isinstance(found, kind):
                return found
        return None

    def scope_of(self, node: cst.CSTNode) -> Scope:
        """Return the scope in which `node` is evaluated.

        Decorators, bases, defaults and annotations belong to the scope around the definition; so does the
        first iterable of a comprehension (Language Reference 6.2.4).
        """
        inner = node
        around: cst.CSTNode | None = None
        for outer in self.ancestors(node):
            if self.is_first_iterable(inner, outer):
                around = self.parents[id(outer)]
            scope = self.scopes.get(id(outer))
            if scope is not None and outer is not around and self._evaluated_inside(inner, outer):
                return scope
            inner = outer
        return self.root

    def is_first_iterable(self, node: cst.CSTNode, parent: cst.CSTNode) -> bool:
        """Tell what a comprehension goes over, evaluated once and before it, from what it evaluates for each item."""
        return (
            parent.__class__ is cst.CompFor
            and node is parent.iter
            and id(self.parents[id(parent)]) in self.scopes
        )

    def _evaluated_inside(self, inner: cst.CSTNode, outer: cst.CSTNode) -> bool:
        if isinstance(outer, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            return inner is outer.body
        return True
