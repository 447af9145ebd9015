"""Waits for a condition that do not ask again, after the wake-up, for what they wait."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.draft import Change, Remedy
from conclint.knowledge.schema import Domain, Primitive
from conclint.model.blind_waits import answers_an_action, awaited_call, is_blind
from conclint.model.flow import after, place_of, reaches, straight_after
from conclint.model.graph import OpKind
from conclint.model.lowering import constant_truth
from conclint.model.rewriting import line_of
from conclint.model.structural import condition_like_waits
from conclint.model.tries import Attempt, attempt
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.events import Event
    from conclint.model.graph import Block, Op
    from conclint.model.module import ModuleModel

_TAKES = frozenset({"pop", "popleft", "popitem", "remove"})
_USES = (OpKind.CALL, OpKind.LOAD, OpKind.YIELD, OpKind.RETURN, OpKind.DELETE)


class Unrepeated(msgspec.Struct, frozen=True):
    """A wait whose predicate is not tested again. `guard` is the `if` around it, if there is one under the lock."""

    call: cst.Call
    condition: cst.BaseExpression
    guard: cst.If | None


def unrepeated_waits(module: ModuleModel) -> Iterator[Unrepeated]:
    """Yield the waits after which the code goes on without a test that could bring it back to the wait.

    Waits in functions that do not take the lock themselves are their callers' business, and so are those with which
    a private function ends that is called in a loop.
    """
    for event in (*module.events_of("wait", Primitive.CONDITION), *condition_like_waits(module)):
        call, function = event.node, module.function_at(event.node)
        if not isinstance(call, cst.Call) or function is None or event.domain is Domain.HOST:
            continue
        if not _is_own_business(module, function, event):
            continue
        loop = _loop_around(module, call)
        guard = _guard_between(module, call, loop)
        if (guard is None and not _tests(loop)) or _is_the_end(module, function, call):
            if answers_an_action(module, function, event):
                continue
        if guard is None and loop is None:
            wrong = is_blind(module, function, call)
        elif guard is None and _tests(loop):
            wrong = False
        elif attempt(module, call) is not Attempt.WITH_LOCK:
            wrong = guard is not None and _is_believed(module, function, call, guard)
        else:
            turns = loop is not None and (_comes_back(module, call) or (guard is not None and _ends_a_turn(module, call)))
            turns = turns or (loop is not None and guard is not None and _takes_all_there_is(module, function, call, guard))
            wrong = not turns
        if wrong and not _is_repeated_by_callers(module, function, call):
            yield Unrepeated(call, event.object, guard if guard is not None and _is_under_lock(module, call, guard) else None)


def wait_for_instead(module: ModuleModel, found: Unrepeated) -> Remedy | None:
    """Return the change of `if not p: c.wait()` to `c.wait_for(lambda: p)`, None where there is more to it."""
    guard = found.guard
    condition = dotted_name(found.condition)
    awaited = awaited_call(module, found.call)
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


def _is_own_business(module: ModuleModel, function: Function, event: Event) -> bool:
    """Tell whether the function is to look at the state: it takes the lock, or goes on with what it has waited for."""
    lock = module.locks.lock(event.object)
    if lock is None:
        return False
    if lock.key in module.locks.held_at(function).get(id(event.node), frozenset()):
        return True
    assert isinstance(event.node, cst.Call)
    return lock.key in module.entry_locks(function) and not _is_the_end(module, function, event.node)


def _is_believed(module: ModuleModel, function: Function, call: cst.Call, guard: cst.If) -> bool:
    """Tell whether what the guard of a wait tests is taken or changed behind it, though the time may have run out."""
    tested = {dotted_name(part) for part in (guard.test, *descendants(guard.test))} - {""}
    graph = module.graph(function)
    for op in straight_after(graph, call) if graph is not None else ():
        node = op.node
        if op.kind is OpKind.LOAD and isinstance(node, cst.Subscript) and dotted_name(node.value) in tested:
            return True
        if op.kind is OpKind.AUGMENT and isinstance(node, cst.AugAssign) and dotted_name(node.target) in tested:
            return True
        func = node.func if op.kind is OpKind.CALL and isinstance(node, cst.Call) else None
        if isinstance(func, cst.Attribute) and func.attr.value in _TAKES and dotted_name(func.value) in tested:
            return True
    return False


def _takes_all_there_is(module: ModuleModel, function: Function, call: cst.Call, guard: cst.If) -> bool:
    """Tell whether what the guard tests is copied as a whole behind the wait, `batch = self.jobs[:]`: if empty, for nothing."""
    tested = {dotted_name(part) for part in (guard.test, *descendants(guard.test))} - {""}
    graph = module.graph(function)
    for op in straight_after(graph, call) if graph is not None else ():
        if isinstance(op.node, cst.Subscript) and dotted_name(op.node.value) in tested:
            index = op.node.slice[0].slice
            return op.kind is OpKind.LOAD and isinstance(index, cst.Slice) and index.lower is None and index.upper is None
    return False


def _is_the_end(module: ModuleModel, function: Function, call: cst.Call) -> bool:
    """Tell whether the function does nothing more after the wait."""
    graph = module.graph(function)
    return graph is not None and not any(_is_use(module, op) for op in after(graph, call, lambda op: op.node is call))


def _is_repeated_by_callers(module: ModuleModel, function: Function, call: cst.Call) -> bool:
    """Tell whether a private function ends with the wait, and all its callers call it in a loop with a test."""
    if not module.entries.is_private(function) or not _is_the_end(module, function, call):
        return False
    loops = [module.inside(entry.node, cst.While) for entry in module.entries.at(function)]
    return all(map(_tests, loops))


def _loop_around(module: ModuleModel, call: cst.Call) -> cst.While | cst.For | None:
    found = module.inside(call, (cst.While, cst.For))
    return found if isinstance(found, (cst.While, cst.For)) else None


def _tests(loop: cst.While | cst.For | None) -> bool:
    """Tell a `while` with a test of its own."""
    return isinstance(loop, cst.While) and constant_truth(loop.test) is not True


def _guard_between(module: ModuleModel, call: cst.Call, loop: cst.While | cst.For | None) -> cst.If | None:
    for inner, outer in module.tree.outwards(call):
        if outer is loop or isinstance(outer, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            return None
        if isinstance(outer, cst.If) and outer.test is not inner:
            return outer
    return None


def _is_under_lock(module: ModuleModel, call: cst.Call, guard: cst.If) -> bool:
    """Tell whether no `with` begins between a guard and the wait: what is asked before the lock is taken is no predicate."""
    between = itertools.takewhile(lambda outer: outer is not guard, module.tree.ancestors(call))
    return not any(isinstance(outer, cst.With) for outer in between)


def _ends_a_turn(module: ModuleModel, call: cst.Call) -> bool:
    """Tell whether nothing follows the wait in the turn of its `while`, which then tests all again."""
    for inner, outer in module.tree.outwards(call):
        if isinstance(outer, cst.While):
            return True
        if isinstance(outer, (cst.For, cst.Try)):
            return False
        if isinstance(outer, cst.IndentedBlock) and outer.body[-1] is not inner:
            return False
    return False


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
        tested = {id(part) for test in _tests_of(block) for part in (test, *descendants(test))}
        if any(_is_use(module, op) for op in block.ops[index:] if id(op.node) not in tested):
            return False
        if len(block.edges) != 1 or block.edges[0].test is not None:
            return bool(tested) and reaches(block, call)
        block, index = block.edges[0].target, 0
    return False


def _tests_of(block: Block) -> Iterator[cst.CSTNode]:
    """Yield what the branch behind a block tests, and what it computes for that."""
    tests = [edge.test for edge in block.edges if edge.test is not None]
    yield from tests
    names = {part.value for test in tests for part in (test, *descendants(test)) if isinstance(part, cst.Name)}
    for op in block.ops:
        if op.kind is OpKind.BIND and isinstance(op.node, cst.Name) and op.node.value in names and op.extra is not None:
            yield op.extra


def _is_use(module: ModuleModel, op: Op) -> bool:
    if op.kind not in _USES:
        return False
    if op.kind is OpKind.LOAD:
        return isinstance(op.node, cst.Subscript)
    if op.kind is OpKind.RETURN and isinstance(op.node, cst.Return):
        return op.node.value is not None
    return op.kind is not OpKind.CALL or module.may_raise(op)
