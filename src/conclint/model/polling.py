"""Loops that do nothing but ask, again and again, whether something has happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Primitive
from conclint.model.catching import is_caught
from conclint.model.lowering import constant_truth
from conclint.model.values import Instance, Symbol
from conclint.syntax.children import children, descendants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.events import Event
    from conclint.model.module import ModuleModel

_CLOCKS = frozenset(
    {"time.time", "time.monotonic", "time.perf_counter", "time.time_ns", "time.monotonic_ns", "time.process_time",
     "datetime.datetime.now", "datetime.datetime.utcnow"}
)
_SLEEPS = ("time.sleep", "asyncio.sleep")
_PLAIN = (cst.Name, cst.Attribute, cst.Integer, cst.SimpleString, cst.Comparison, cst.ComparisonTarget, cst.BaseCompOp,
          cst.BooleanOperation, cst.BaseBooleanOp, cst.UnaryOperation, cst.BaseUnaryOp)  # fmt: skip


class BusyWait(msgspec.Struct, frozen=True):
    """A loop that waits by asking.

    `question` is a call whose answer it waits for, and `instead` the method of `object` that waits for the same; or
    else a variable that other code changes. `sleeps` tells that it pauses between the questions.
    """

    loop: cst.While
    question: cst.BaseExpression
    sleeps: bool
    object: cst.BaseExpression | None = None
    instead: str = ""


class _Turn(msgspec.Struct):
    """What one turn of a loop does besides asking: `leaving` are the tests that end the loop when they come out true."""

    leaving: list[cst.BaseExpression] = msgspec.field(default_factory=list)
    counters: set[str] = msgspec.field(default_factory=set)
    sleeps: bool = False
    elsewhere: bool = False
    """It sleeps by means of another scheduler, which a wait for a thread would hold up: greenlets."""


def busy_waits(module: ModuleModel) -> Iterator[BusyWait]:
    """Yield the loops whose turns only ask one question, look at the clock, count the turns up to a limit, and sleep.

    A variable that is asked for counts where the loop does not even sleep, and other code is seen to change it.
    """
    questions = {
        id(event.node): event for event in module.events if event.facts is not None and event.facts.polled is not None
    }
    for loop in module.nodes(cst.While):
        turn = _Turn()
        if not _is_idle(module, loop.body, turn):
            continue
        parts = [*_parts(loop.test, waiting=True)]
        for test in turn.leaving:
            parts += _parts(test, waiting=False)
        asked = [part for part in parts if not _tells_the_time(module, part[0], turn)]
        if len(asked) == 1 and (not turn.counters or len(parts) > 1):
            yield from _judged(module, loop, turn, *asked[0], questions)


def _judged(
    module: ModuleModel,
    loop: cst.While,
    turn: _Turn,
    part: cst.BaseExpression,
    waiting: bool,
    questions: dict[int, Event],
) -> Iterator[BusyWait]:
    call, answer = _asked(module, part, waiting)
    event = questions.get(id(call))
    if event is not None:
        if turn.elsewhere or (turn.sleeps and _may_be_interrupted(module, loop)):
            return
        if _can_be_waited_for(module, event, answer):
            assert event.facts is not None
            assert event.facts.polled is not None
            yield BusyWait(loop, call, turn.sleeps, event.object, event.facts.polled.use)
    elif not turn.sleeps and (flag := _flag(module, part)) is not None:
        yield BusyWait(loop, flag, turn.sleeps)


# what a turn does


def _is_idle(module: ModuleModel, statement: cst.CSTNode, turn: _Turn) -> bool:
    if isinstance(statement, (cst.IndentedBlock, cst.SimpleStatementSuite, cst.SimpleStatementLine)):
        return all(_is_idle(module, inner, turn) for inner in statement.body)
    if isinstance(statement, cst.If):
        body = statement.body.body
        turn.leaving.append(statement.test)
        return statement.orelse is None and _leaves(body[-1])
    if isinstance(statement, cst.AugAssign) and isinstance(statement.target, cst.Name):
        turn.counters.add(statement.target.value)
        return isinstance(statement.value, (cst.Integer, cst.Float, cst.Name))
    if isinstance(statement, cst.Expr):
        value = statement.value.expression if isinstance(statement.value, cst.Await) else statement.value
        if isinstance(value, cst.Call):
            turn.sleeps = turn.sleeps or not _takes_no_time(value)
            turn.elsewhere = turn.elsewhere or module.symbol(value.func) not in _SLEEPS
            return _is_sleep(module, value)
        return isinstance(value, (cst.Ellipsis, cst.BaseString))
    return isinstance(statement, (cst.Pass, cst.Continue))


def _leaves(statement: cst.CSTNode) -> bool:
    if isinstance(statement, cst.SimpleStatementLine):
        statement = statement.body[-1]
    return isinstance(statement, (cst.Break, cst.Return, cst.Raise))


def _is_sleep(module: ModuleModel, call: cst.Call) -> bool:
    for value in module.values(call.func):
        facts = module.knowledge.function(value.name) if isinstance(value, Symbol) else None
        if facts is None or facts.blocks is None or facts.blocks.on != "time":
            return False
    return True


def _takes_no_time(sleep: cst.Call) -> bool:
    return not sleep.args or constant_truth(sleep.args[0].value) is False


# what it asks


def _parts(test: cst.BaseExpression, *, waiting: bool) -> Iterator[tuple[cst.BaseExpression, bool]]:
    """Yield the questions that a test is made of, each with the answer to it that makes the loop go on.

    Where it goes on when one of several says so, the whole is one question, and none that can be waited for.
    """
    junction = cst.And if waiting else cst.Or
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        yield from _parts(test.expression, waiting=not waiting)
    elif isinstance(test, cst.BooleanOperation) and isinstance(test.operator, junction):
        yield from _parts(test.left, waiting=waiting)
        yield from _parts(test.right, waiting=waiting)
    elif constant_truth(test) is None:
        yield test, waiting


def _tells_the_time(module: ModuleModel, test: cst.BaseExpression, turn: _Turn) -> bool:
    """Tell a question about the clock, or about the number of turns."""
    return any(
        (isinstance(part, cst.Call) and module.symbol(part.func) in _CLOCKS)
        or (isinstance(part, cst.Name) and part.value in turn.counters)
        for part in (test, *descendants(test))
    )


def _asked(module: ModuleModel, test: cst.BaseExpression, waiting: bool) -> tuple[cst.BaseExpression, bool]:
    """Return the call that a question consists of, and the answer that ends the wait."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return _asked(module, test.expression, not waiting)
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        operator, right = test.comparisons[0].operator, test.comparisons[0].comparator
        same = isinstance(operator, (cst.Is, cst.Equal))
        if isinstance(right, cst.Name) and (same or isinstance(operator, (cst.IsNot, cst.NotEqual))):
            if right.value in ("True", "False"):
                return _asked(module, test.left, waiting == (same == (right.value == "True")))
    if isinstance(test, cst.Call) and len(test.args) == 1:
        of = test.args[0].value
        quantifier = "builtins.any" if waiting else "builtins.all"
        if isinstance(of, (cst.GeneratorExp, cst.ListComp)) and module.symbol(test.func) == quantifier:
            return _asked(module, of.elt, waiting)
    return test, not waiting


def _can_be_waited_for(module: ModuleModel, event: Event, answer: bool) -> bool:
    """Tell whether some method waits for just this, without holding up an event loop meanwhile."""
    function = module.function_at(event.node)
    assert event.facts is not None
    assert event.facts.polled is not None
    in_a_task = function is not None and function.is_async
    return event.facts.polled.answer == answer and (event.domain is Domain.ASYNCIO) == in_a_task


def _may_be_interrupted(module: ModuleModel, loop: cst.While) -> bool:
    """Tell whether the loop is there to stay open for signals, which do not end every wait, least of all on Windows."""
    return module.handles_signals or is_caught(module, loop, "KeyboardInterrupt")


# variables that other code changes


def _flag(module: ModuleModel, test: cst.BaseExpression) -> cst.BaseExpression | None:
    """Return the variable or attribute that a question without calls is about and other code is seen to change."""
    found: cst.BaseExpression | None = None
    pending: list[cst.CSTNode] = [test]
    while pending:
        part = pending.pop()
        if isinstance(part, cst.Call) and module.symbol(part.func) == "builtins.len":
            pending += [argument.value for argument in part.args]
        elif not isinstance(part, _PLAIN):
            return None
        elif isinstance(part, cst.Name):
            found = found or (part if _is_rebound_elsewhere(module, part) else None)
        elif isinstance(part, cst.Attribute):
            changed = _is_stored_elsewhere(module, part)
            if changed is None:
                return None
            found = found or (part if changed else None)
        else:
            pending += children(part)
    return found


def _is_rebound_elsewhere(module: ModuleModel, name: cst.Name) -> bool:
    scope = module.tree.scope_of(name)
    owner = scope.owner(name.value)
    if owner is None:
        return False
    changing = [
        one
        for one in owner.walk()
        if one.execution is not scope.execution and name.value in one.bindings and one.owner(name.value) is owner
    ]
    return any(one is not owner or len(owner.bindings[name.value]) > 1 for one in changing)


def _is_stored_elsewhere(module: ModuleModel, node: cst.Attribute) -> bool | None:
    """Tell whether other functions than this and the constructor store to an attribute; None if it may be a property."""
    name = node.attr.value
    here = module.tree.scope_of(node).execution
    for value in module.values(node.value):
        if not isinstance(value, Instance):
            continue
        if value.facts is not None and value.facts.kind is Primitive.SHARED_VALUE and name == "value":
            return True
        lineage = module.resolver.mro(value.cls) if value.cls is not None else []
        stores = [store for cls in lineage for store in cls.attributes.get(name, ())]
        if stores and not any(name in cls.methods for cls in lineage):
            scopes = [store.scope for store in stores if store.scope.execution is not here]
            return any(scope.is_callable and scope.name != "__init__" for scope in scopes)
    return None
