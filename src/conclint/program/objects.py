"""Whose object an access is about: whether two threads can have the same one at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.model.words import Base
from conclint.program.contexts import Context, Own, given_anew

if TYPE_CHECKING:
    from conclint.program.contexts import Contexts
    from conclint.program.graph import CallGraph
    from conclint.program.races import SharedAccess

_COMMON = (Own.SHARED, Own.CAPTURED)


class Objects:
    """Answers about the objects of which threads run methods."""

    def __init__(self, graph: CallGraph, contexts: Contexts) -> None:
        self._graph = graph
        self._contexts = contexts

    def is_own_local(self, context: Context, access: SharedAccess) -> bool:
        """Tell a local of an enclosing function that the thread calls itself: each of its calls has one of its own."""
        if access.fact.base is not Base.CAPTURED:
            return False
        path, owner, _ = access.fact.variable.rsplit(":", 2)
        way = self._contexts.path(access.function.key, context)
        return any(key.startswith(f"{path}:") and self._graph.functions[key].name == owner for key in way)

    def are_two(self, first: Context, second: Context, one: SharedAccess, other: SharedAccess) -> bool:
        """Tell accesses through `self` by threads each of which has an object of its own, or one of another class."""
        if not (_of_object(one) and _of_object(other)):
            return False
        if self._graph.linker.never_one(one.function.owner, other.function.owner):
            return True
        if first.own is Own.DISTINCT and second.own is Own.DISTINCT:
            return True
        if self._of_two_names(first, second):
            return True
        if first.root is None or second.root is None or {first.own, second.own}.isdisjoint(_COMMON):
            return False
        if Own.CAPTURED in (first.own, second.own) and first.root.made_in != second.root.made_in:
            return True  # nothing shows that a local of one function is what another one has
        owners = [self.owner_of(context) for context in (first, second)]
        if not all(owners):
            return False
        order = self._graph.linker.order
        return owners[0] not in order(owners[1]) and owners[1] not in order(owners[0])

    def _of_two_names(self, first: Context, second: Context) -> bool:
        """Tell threads that run methods of what two functions or classes have: nothing shows that it is one object."""
        if first.root is None or second.root is None or first.number == second.number:
            return False
        names = first.root.object, second.root.object
        makers = [self._graph.functions.get(root.made_in) for root in (first.root, second.root)]
        one, other = makers
        if one is None or other is None or not all(names):
            return False
        if all(name.startswith(":") for name in names):
            return one.key != other.key
        order = self._graph.linker.order
        related = one.owner in order(other.owner) or other.owner in order(one.owner)
        return not related if one.owner and other.owner else one.key != other.key

    def owner_of(self, context: Context) -> str:
        """Return the class of the object whose method a thread runs: `self.run` is handed over by one of its methods."""
        if context.root is None:
            return ""
        run = context.root.function or self._graph.linker.resolve(context.root.symbol, context.root.made_in)
        runs, hands_over = (self._graph.functions.get(key) for key in (run, context.root.made_in))
        owner = runs.owner if runs is not None else ""
        derived = hands_over is not None and owner in self._graph.linker.order(hands_over.owner)
        return hands_over.owner if hands_over is not None and derived else owner


def is_given_anew(context: Context, access: SharedAccess, name: str) -> bool:
    """Tell a parameter of what a thread begins with for which each run is given something else."""
    root = context.root
    return root is not None and root.function == access.function.key and name in given_anew(root, access.function)


def _of_object(access: SharedAccess) -> bool:
    return access.fact.base is Base.SELF
