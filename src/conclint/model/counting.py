"""How often something is executed, where that can be read off the code."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.paths import MAIN_GUARD
from conclint.model.values import Constant, Items
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel

_SAME_LENGTH = frozenset(f"builtins.{name}" for name in ("enumerate", "list", "reversed", "sorted", "tuple"))
_OPERATIONS = {cst.Add: operator.add, cst.Subtract: operator.sub, cst.Multiply: operator.mul}
_LEAVING = (cst.Break, cst.Continue, cst.Return, cst.Raise)
_STRAIGHT = (cst.SimpleStatementLine, cst.IndentedBlock, cst.SimpleStatementSuite, cst.With, cst.WithItem, cst.Try,
             cst.BaseSmallStatement, cst.Arg, cst.Call, cst.Attribute, cst.Await, cst.Module, cst.Finally,
             cst.BaseAssignTargetExpression, cst.Element, cst.AssignTarget)  # fmt: skip


def times(module: ModuleModel, node: cst.CSTNode) -> int | None:
    """Return how often one call of its function, when that returns, executes `node`; None when it depends."""
    count = 1
    for inner, outer in module.tree.outwards(node):
        if isinstance(outer, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            break
        if isinstance(outer, cst.For) and inner is outer.body:
            leaves = any(isinstance(part, _LEAVING) for part in descendants(outer.body))
            turns = None if leaves else length(module, outer.iter)
        elif isinstance(outer, cst.ListComp) and inner is outer.elt:
            loop = outer.for_in
            turns = None if loop.ifs or loop.inner_for_in else length(module, loop.iter)
        elif isinstance(outer, cst.If) and inner is not outer.test:
            is_main = module.conditions.key(outer.test) == (MAIN_GUARD, True)
            turns = 1 if is_main and inner is outer.body else None
        else:
            turns = 1 if isinstance(outer, _STRAIGHT) else None
        if turns is None:
            return None
        count *= turns
    return None if _may_be_left_before(module, node) else count


def _may_be_left_before(module: ModuleModel, node: cst.CSTNode) -> bool:
    function = module.function_at(node)
    if function is None:
        return True
    returns = {id(each) for each in function.scope.returns}
    for each in descendants(function.node):
        if each is node:
            return False
        if id(each) in returns:
            return True
    return True


def length(module: ModuleModel, iterable: cst.BaseExpression) -> int | None:
    """Return how many items an iterable has, where the code fixes that."""
    if isinstance(iterable, (cst.List, cst.Tuple, cst.Set)):
        starred = any(isinstance(element, cst.StarredElement) for element in iterable.elements)
        return None if starred else len(iterable.elements)
    if isinstance(iterable, cst.Call):
        symbol = module.symbol(iterable.func)
        if symbol == "builtins.range":
            limits = [number(module, given.value) for given in iterable.args]
            known = [limit for limit in limits if limit is not None]
            return len(range(*known)) if known and known == limits and known[2:] != [0] else None
        return length(module, iterable.args[0].value) if symbol in _SAME_LENGTH and iterable.args else None
    values = module.values(iterable)
    if len(values) == 1 and isinstance(values[0], Items) and values[0].exact:
        return len(values[0].elements)
    return None


def number(module: ModuleModel, node: cst.BaseExpression) -> int | None:
    """Return the integer that an expression surely is."""
    if isinstance(node, cst.BinaryOperation):
        left, right = number(module, node.left), number(module, node.right)
        if left is None or right is None:
            return None
        operation = _OPERATIONS.get(type(node.operator))
        return operation(left, right) if operation is not None else None
    values = module.values(node)
    if len(values) == 1 and isinstance(values[0], Constant) and type(values[0].value) is int:
        return values[0].value
    return None


def runs_once(module: ModuleModel, function: Function) -> bool:
    """Tell whether a run of the program calls a function once, as far as its module shows."""
    seen: set[int] = set()
    while not function.is_module:
        entries = module.entries.at(function)
        if id(function) in seen or len(entries) != 1 or times(module, entries[0].node) != 1:
            return False
        seen.add(id(function))
        function = entries[0].caller
    return True
