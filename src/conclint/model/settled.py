"""Tests whose outcome is settled by what their operands may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.narrowing import told, truth_of
from conclint.syntax.children import is_a

if TYPE_CHECKING:
    from conclint.model.graph import Graph
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Facts


def settled(module: ModuleModel, graph: Graph) -> Facts:
    """Return the facts about variables that hold on every path, such as that a lock which is always made is true."""
    found: set[tuple[str, bool]] = set()
    for block in graph.blocks:
        for edge in block.edges:
            if edge.test is not None and edge.truth and _always_true(module, edge.test):
                found.add(module.conditions.key(edge.test))
    return frozenset(found)


def _always_true(module: ModuleModel, test: cst.BaseExpression) -> bool:
    """Tell a variable that is always true, or a test for None of one that is."""
    operand = test.left if isinstance(test, cst.Comparison) else test
    if not is_a(operand, (cst.Name, cst.Attribute)):
        return False
    if isinstance(test, cst.Comparison) and not any(kind == "none" and not holds for _, kind, holds, _ in told(test, truth=True)):
        return False
    return all(truth_of(value) for value in module.values(operand))
