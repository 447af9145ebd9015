"""Joins that are left out where there is nothing to wait for: `if self.thread: self.thread.join()`."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from conclint.syntax.children import is_a

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conclint.model.events import Event
    from conclint.model.module import ModuleModel

_AROUND = frozenset({cst.Expr, cst.SimpleStatementLine, cst.IndentedBlock, cst.If})


class Asked(NamedTuple):
    """Before the `join` it is asked whether the thread is there: the condition is `name`, and it is if that is `there`."""

    join: cst.CSTNode
    name: str
    there: bool


def asked_before(module: ModuleModel, joins: Iterable[Event]) -> dict[int, Asked]:
    """Return what is asked before joins, by `id` of the thread that is asked for, or of the call that asks.

    Where there is no thread, or none that is alive, nobody need be waited for.
    """
    found: dict[int, Asked] = {}
    for event in joins:
        thread = module.code(event.object)
        for outer in itertools.takewhile(lambda one: one.__class__ in _AROUND, module.tree.ancestors(event.node)):
            for part in _conjuncts(outer.test) if is_a(outer, cst.If) and outer.orelse is None else ():
                asked = _asked_for(part)
                if asked is not None and module.code(asked) == thread:
                    found[id(part if is_a(part, cst.Call) else asked)] = Asked(event.node, *module.conditions.key(part))
    return found


def _conjuncts(test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if is_a(test, cst.BooleanOperation) and is_a(test.operator, cst.And):
        yield from _conjuncts(test.left)
        yield from _conjuncts(test.right)
    else:
        yield test


def _asked_for(test: cst.BaseExpression) -> cst.BaseExpression | None:
    """Return the thread that a test asks to be there: `t`, `t is not None`, `t.is_alive()`."""
    if is_a(test, cst.Name) or is_a(test, cst.Attribute):
        return test
    if is_a(test, cst.Call) and is_a(test.func, cst.Attribute):
        return test.func.value if test.func.attr.value in ("is_alive", "isAlive") else None
    if is_a(test, cst.Comparison) and len(test.comparisons) == 1:
        (compared,) = test.comparisons
        none = is_a(compared.comparator, cst.Name) and compared.comparator.value == "None"
        return test.left if none and compared.operator.__class__ in (cst.IsNot, cst.NotEqual) else None
    return None
