"""What code does under an assumption: on one platform, or in a process that was forked a moment ago."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.graph import OpKind
from conclint.model.lowering import constant_truth
from conclint.syntax import BindingKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conclint.model.definitions import Function
    from conclint.model.graph import Edge, Graph
    from conclint.model.module import ModuleModel

_DEEPEST = 6


class Assumption:
    """Works out what follows from an assumption; `told` settles single tests, None where they do not depend on it."""

    def __init__(
        self, module: ModuleModel, told: Callable[[ModuleModel, cst.BaseExpression], bool | None]
    ) -> None:
        self._module = module
        self._told = told

    def outcome(self, test: cst.BaseExpression, depth: int = 0) -> bool | None:
        """Return how a test comes out, also through a variable, a property or a function that says no more than that."""
        if depth > _DEEPEST:
            return None
        if (told := self._told(self._module, test)) is not None:
            return told
        if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
            outcome = self.outcome(test.expression, depth + 1)
            return None if outcome is None else not outcome
        if isinstance(test, cst.BooleanOperation):
            deciding = isinstance(test.operator, cst.Or)
            sides = {self.outcome(test.left, depth + 1), self.outcome(test.right, depth + 1)}
            return deciding if deciding in sides else None if None in sides else not deciding
        if isinstance(test, cst.Name) and (value := bound_once(self._module, test)) is not None:
            return self.outcome(value, depth + 1)
        function = self._asked(test)
        return self._answer(function, depth + 1) if function is not None else None

    def settled(self, graph: Graph, depth: int = 0) -> list[tuple[cst.BaseExpression, bool]]:
        """Return the tests in a function whose outcome follows from the assumption."""
        asked = {
            id(edge.test): edge.test
            for block in graph.blocks
            for edge in block.edges
            if edge.test is not None
        }
        told = ((test, self.outcome(test, depth)) for test in asked.values())
        return [(test, outcome) for test, outcome in told if outcome is not None]

    def _asked(self, test: cst.BaseExpression) -> Function | None:
        """Return the function of this module that a call or a property asks."""
        if isinstance(test, cst.Call):
            return self._module.called_function(test)
        return self._module.locks.property_of(test) if isinstance(test, cst.Attribute) else None

    def _answer(self, function: Function, depth: int) -> bool | None:
        graph = self._module.graph(function)
        if graph is None or function.is_generator or function.is_async or not _ends_in_return(function.node):
            return None
        found: set[bool | None] = set()
        for op in graph.reachable(passable(self.settled(graph, depth))):
            if op.kind is OpKind.RETURN:
                value = op.node.value if isinstance(op.node, cst.Return) else None
                found.add(self._truth(value, depth))
        return found.pop() if len(found) == 1 else None

    def _truth(self, value: cst.BaseExpression | None, depth: int) -> bool | None:
        if value is None:
            return None
        constant = constant_truth(value)
        return constant if constant is not None else self.outcome(value, depth)


def passable(settled: Sequence[tuple[cst.BaseExpression, bool]]) -> Callable[[Edge], bool]:
    """Return whether an edge is taken when these tests come out like that."""
    against = {(id(test), not outcome) for test, outcome in settled}
    return lambda edge: (id(edge.test), edge.truth) not in against


def bound_once(module: ModuleModel, name: cst.Name) -> cst.BaseExpression | None:
    """Return the expression that a variable always stands for: it is assigned in one place."""
    owner = module.tree.scope_of(name).owner(name.value)
    bindings = owner.bindings.get(name.value, []) if owner is not None else []
    if owner is None or len(bindings) != 1 or module.resolver.rebound_elsewhere(name.value, owner):
        return None
    (binding,) = bindings
    plain = binding.kind is BindingKind.ASSIGN and not binding.path
    return binding.value if plain and isinstance(binding.value, cst.BaseExpression) else None


def _ends_in_return(node: cst.CSTNode) -> bool:
    """Tell a function that does not come to its end without a value."""
    if not isinstance(node, cst.FunctionDef):
        return isinstance(node, cst.Lambda)
    last = node.body.body[-1] if node.body.body else None
    return isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], (cst.Return, cst.Raise))
