"""What a loop carries from one round to the next: whether a call may depend on what came of it in an earlier round.

Dependence is told from the names that lines mention, and generously: whatever a line may change, by assignment, by
calling a method or by passing it on, depends on all that the line mentions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.events import functions_of
from conclint.syntax.children import children, descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from conclint.model.module import ModuleModel


def depends_on_itself(module: ModuleModel, loop: cst.For, call: cst.Call, outcome: cst.Call) -> bool:
    """Tell whether `call` in `loop` may be given something that `outcome` gave in an earlier round."""
    last = module.statement_of(outcome)
    lines = [node for node in descendants(loop.body) if isinstance(node, cst.BaseSmallStatement)]
    at = module.statement_of(call)
    before = lines[: next((i for i, line in enumerate(lines) if line is at), 0)]
    own = frozenset(id(node) for node in descendants(call))
    fresh = mentioned(loop.target) | {
        path for line in before if _is_straight(module, line, loop) for path in assigned(line)
    }
    needed = {path for given in call.args for path in _needed(module, given.value)}
    for line in reversed(before):
        if needed & assigned(line):
            needed |= mentioned(line)
    touched: set[str] = set()
    size = -1
    while size != len(touched):
        size = len(touched)
        for line in lines:
            if line is last or touched & mentioned(line):
                touched |= _changed(line, own) - fresh
    return any(_overlap(one, other) for one in needed - fresh for other in touched)


def mentioned(node: cst.CSTNode, apart: frozenset[int] = frozenset()) -> set[str]:
    """Return the names and chains of attributes in a piece of code, without the nodes `apart`, given by `id`."""
    found: set[str] = set()
    pending = [node]
    while pending:
        at = pending.pop()
        if id(at) in apart:
            continue
        if name := dotted_name(at):
            found.add(name)
        else:
            pending.extend(children(at))
    return found


def _needed(module: ModuleModel, given: cst.BaseExpression) -> set[str]:
    """Return what an argument of a call stands for: of a function, the variables around it that it uses."""
    functions = [function for function, _ in functions_of(module.values(given))]
    if not functions:
        return mentioned(given)
    found: set[str] = set()
    for function in functions:
        for path in mentioned(function.node):
            root = path.partition(".")[0]
            if root == function.receiver_name or function.scope.owner(root) is not function.scope:
                found.add(path)
    return found


def _is_straight(module: ModuleModel, line: cst.CSTNode, loop: cst.For) -> bool:
    """Tell a line that each round of the loop passes through."""
    around = module.tree.parent(line)
    return around is not None and module.tree.parent(around) is loop.body


def assigned(line: cst.CSTNode) -> set[str]:
    """Return what a statement assigns to."""
    if isinstance(line, cst.Assign):
        return {path for each in line.targets for path in mentioned(each.target)}
    if isinstance(line, cst.AnnAssign):
        return mentioned(line.target)
    return set()


def _changed(line: cst.CSTNode, own: frozenset[int]) -> set[str]:
    """Return what a line may change, apart from what the call `own` is given."""
    found = assigned(line)
    for node in descendants(line):
        if id(node) in own:
            continue
        if isinstance(node, (cst.AugAssign, cst.NamedExpr)):
            found |= mentioned(node.target)
        elif isinstance(node, cst.Call):
            for given in node.args:
                found |= mentioned(given, own)
            if isinstance(node.func, cst.Attribute):
                found |= mentioned(node.func.value, own)
    return found


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
