"""Checks that act where there is nothing yet: `if x is None: x = ...`, `if k not in d: d[k] = ...`.

Nothing is lost when somebody takes away meanwhile what the test has found missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.words import AccessKind
from conclint.syntax.children import descendants, is_a

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from conclint.model.accesses import Access
    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel

_THERE = frozenset({cst.IsNot, cst.NotEqual, cst.In})
_MISSING = frozenset({cst.Is, cst.Equal, cst.NotIn})
_CLOCKS = frozenset({"time.time", "time.monotonic", "time.perf_counter", "time.time_ns", "time.monotonic_ns",
                     "datetime.datetime.now", "datetime.datetime.utcnow"})


def fills(test: cst.If | cst.IfExp, tested: Collection[cst.CSTNode], acts: Sequence[Access]) -> bool:
    """Tell a check-then-act that acts where the variable, read at `tested`, holds nothing; `acts` rest on the test."""
    body = {id(node) for node in descendants(test.body)}
    inside = {id(act.node) in body for act in acts}
    if len(inside) != 1:
        return False
    return _is_missing(test.test, {id(node) for node in tested}, truth=inside.pop())


def _is_missing(test: cst.BaseExpression, tested: Collection[int], *, truth: bool) -> bool:
    """Tell whether a test that comes out so says that there is nothing."""
    if is_a(test, cst.BooleanOperation):
        # Where all hold it is enough that one says it; where one of several holds, each must.
        every = is_a(test.operator, cst.And) is not truth
        sides = [_is_missing(side, tested, truth=truth) for side in (test.left, test.right)]
        return all(sides) if every else any(sides)
    if is_a(test, cst.UnaryOperation) and is_a(test.operator, cst.Not):
        return _is_missing(test.expression, tested, truth=not truth)
    if is_a(test, cst.Comparison) and len(test.comparisons) == 1:
        return _compares(test, tested, truth=truth)
    return id(test) in tested and not truth


def _compares(test: cst.Comparison, tested: Collection[int], *, truth: bool) -> bool:
    (compared,) = test.comparisons
    asked = _THERE if not truth else _MISSING
    if compared.operator.__class__ not in asked:
        return False
    if is_a(compared.operator, cst.In) or is_a(compared.operator, cst.NotIn):
        return id(compared.comparator) in tested
    none = is_a(compared.comparator, cst.Name) and compared.comparator.value == "None"
    return none and id(test.left) in tested


def leans_on(uses: Iterable[Access]) -> bool:
    """Tell whether a function asks for something in what the variable holds, and so counts on its being there."""
    return any(use.kind is AccessKind.READ and (use.element or use.method) for use in uses)


def time_stored(module: ModuleModel, function: Function, access: Access) -> str:
    """Return the code of what is stored where that is the time now, or one from now on, whoever asks."""
    if access.stored is None or not _is_time(module, access.stored):
        return ""
    own = function.scope
    names = {node.value for node in descendants(access.stored) if is_a(node, cst.Name)} - {function.receiver_name}
    return "" if any(own.owner(name) is own for name in names) else module.code(access.stored)


def _is_time(module: ModuleModel, node: cst.CSTNode, *, deep: bool = True) -> bool:
    if is_a(node, cst.BinaryOperation):
        return _is_time(module, node.left, deep=deep) or _is_time(module, node.right, deep=deep)
    if not is_a(node, cst.Call):
        return False
    if module.symbol(node.func) in _CLOCKS:
        return True
    called = module.called_function(node) if deep else None
    return called is not None and bool(called.returns) and all(_is_time(module, one, deep=False) for one in called.returns)
