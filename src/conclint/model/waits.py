"""Waits for a condition that do not ask again, after the wake-up, for what they wait."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import libcst as cst

from conclint.draft import Change, Remedy
from conclint.knowledge.schema import Domain, Primitive
from conclint.model.arguments import argument
from conclint.model.flow import place_of, reaches
from conclint.model.graph import OpKind
from conclint.model.rewriting import line_of
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.events import Event
    from conclint.model.graph import Op
    from conclint.model.module import ModuleModel

_USES = (OpKind.CALL, OpKind.LOAD, OpKind.YIELD, OpKind.RETURN, OpKind.DELETE)


@dataclasses.dataclass(frozen=True, slots=True)
class Unrepeated:
    """A wait whose predicate is not tested again. `guard` is the `if` around it, if there is one."""

    call: cst.Call
    condition: cst.BaseExpression
    guard: cst.If | None


def unrepeated_waits(module: ModuleModel) -> Iterator[Unrepeated]:
    """Yield the waits after which the code goes on without a test that could bring it back to the wait.

    Waits in functions that do not take the lock themselves are their callers' business.
    """
    for event in module.events_of("wait", Primitive.CONDITION):
        call = event.node
        if not isinstance(call, cst.Call) or event.instances[0].facts is None:
            continue
        if event.instances[0].facts.domain is Domain.HOST or not _is_own_business(module, event):
            continue
        loop = _loop_around(module, call)
        guard = _guard_between(module, call, loop)
        if isinstance(loop, cst.While) and guard is None and not _is_endless(loop):
            continue
        if _has_timeout(event, call):
            continue  # a pause that can be cut short
        if loop is not None and _comes_back(module, call):
            continue
        yield Unrepeated(call, event.object, guard)


def wait_for_instead(module: ModuleModel, found: Unrepeated) -> Remedy | None:
    """Return the change of `if not p: c.wait()` to `c.wait_for(lambda: p)`, None where there is more to it."""
    guard = found.guard
    condition = dotted_name(found.condition)
    awaited = _awaited(module, found.call)
    line = line_of(module, awaited)
    if guard is None or guard.orelse is not None or not condition or found.call.args or line is None:
        return None
    parent = module.tree.parent(guard)
    is_elif = isinstance(parent, cst.If) and parent.orelse is guard
    if is_elif or module.tree.parent(line) is not guard.body or len(guard.body.body) != 1:
        return None
    if any(isinstance(part, (cst.Await, cst.NamedExpr, cst.Yield)) for part in descendants(guard.test)):
        return None
    if (
        not isinstance(guard.body, cst.IndentedBlock)
        or guard.body.header.comment is not None
        or line.leading_lines
    ):
        return None
    text = f"{condition}.wait_for(lambda: {_opposite(module, guard.test)})"
    if awaited is not found.call:
        text = f"await {text}"
    return Remedy("wait until the predicate holds", (Change(guard, text, awaited),), safe=False)


def _opposite(module: ModuleModel, test: cst.BaseExpression) -> str:
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return module.code(test.expression)
    if isinstance(test, (cst.Name, cst.Attribute, cst.Call, cst.Subscript)) or test.lpar:
        return f"not {module.code(test)}"
    return f"not ({module.code(test)})"


def _is_own_business(module: ModuleModel, event: Event) -> bool:
    function = module.function_at(event.node)
    lock = module.locks.lock(event.object)
    if function is None or lock is None:
        return False
    return lock.key in module.locks.held_at(function).get(id(event.node), frozenset())


def _has_timeout(event: Event, call: cst.Call) -> bool:
    if event.facts is None or event.facts.blocks is None:
        return False
    given = argument(call, event.facts.blocks.timeout)
    return given is not None and not (isinstance(given.value, cst.Name) and given.value.value == "None")


def _awaited(module: ModuleModel, call: cst.Call) -> cst.BaseExpression:
    parent = module.tree.parent(call)
    return parent if isinstance(parent, cst.Await) else call


def _loop_around(module: ModuleModel, call: cst.Call) -> cst.While | cst.For | None:
    found = module.inside(call, (cst.While, cst.For))
    return found if isinstance(found, (cst.While, cst.For)) else None


def _is_endless(loop: cst.While) -> bool:
    test = loop.test
    return (isinstance(test, cst.Name) and test.value == "True") or isinstance(test, cst.Integer)


def _guard_between(module: ModuleModel, call: cst.Call, loop: cst.While | cst.For | None) -> cst.If | None:
    for outer in module.tree.ancestors(call):
        if outer is loop or isinstance(outer, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            return None
        if isinstance(outer, cst.If):
            return outer
    return None


def _comes_back(module: ModuleModel, call: cst.Call) -> bool:
    """Tell whether the wait is followed by a test, before anything else of note, from which it can be reached again."""
    function = module.function_at(call)
    graph = module.graph(function) if function is not None else None
    if graph is None:
        return True
    start = place_of(graph, call)
    if start is None:
        return True
    block, index = start
    seen: set[int] = set()
    while id(block) not in seen:
        seen.add(id(block))
        tested = {
            id(part) for edge in block.edges if edge.test is not None for part in descendants(edge.test)
        }
        if any(_is_use(module, op) for op in block.ops[index:] if id(op.node) not in tested):
            return False
        if len(block.edges) != 1 or block.edges[0].test is not None:
            return bool(tested) and reaches(block, call)
        block, index = block.edges[0].target, 0
    return False


def _is_use(module: ModuleModel, op: Op) -> bool:
    if op.kind not in _USES:
        return False
    if op.kind is OpKind.LOAD:
        return isinstance(op.node, cst.Subscript)
    return op.kind is not OpKind.CALL or module.may_raise(op)
