"""Following every path through a graph, with a state and the facts that its branches imply.

This is property simulation (Das, Lerner, Seigle, "ESP: path-sensitive program verification in polynomial time", PLDI
2002): where paths meet, those in the same state are merged and keep only the facts they agree on; those in
different states stay apart. So `if x: acquire()` ... `if x: release()` is understood without following 2^n paths.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TypeAlias

import libcst as cst
import msgspec

from conclint.model.graph import Block, Edge, Graph, Op, OpKind
from conclint.model.lowering import constant_truth
from conclint.model.words import CHANGING
from conclint.syntax.children import is_a
from conclint.syntax.walk import dotted_name, literal

State: TypeAlias = Hashable
Facts: TypeAlias = "frozenset[tuple[str, bool]]"
Step: TypeAlias = "Callable[[Op, State], Iterable[tuple[State, tuple[tuple[str, bool], ...]]] | None]"

NO_FACTS: Facts = frozenset()
_LEARNING = frozenset({OpKind.BIND, OpKind.STORE})
_TELLING = _LEARNING | {OpKind.AUGMENT, OpKind.CALL}
_MOST_STATES = 24
_MOST_STEPS = 20_000
_OUTCOME = "<outcome "
_SHARED = re.compile(r"[.(\[]")
MAIN_GUARD = "__name__ == '__main__'"


class Conditions:
    """Names for conditions, so that two tests of the same thing are known to agree.

    They agree until the code itself changes what was tested, or an operation lets others in who may have: a lock is
    given back for a while.
    """

    def __init__(
        self, text_of: Callable[[cst.CSTNode], str], lets_others_in: Callable[[Op], bool] | None = None
    ) -> None:
        self._text_of = text_of
        self.lets_others_in = lets_others_in
        self._keys: dict[int, tuple[str, bool]] = {}

    def key(self, test: cst.BaseExpression) -> tuple[str, bool]:
        """Return a name for what `test` tests and whether a true outcome means that it holds."""
        known = self._keys.get(id(test))
        if known is None:
            known = self._keys[id(test)] = self._named(test)
        return known

    def _named(self, test: cst.BaseExpression) -> tuple[str, bool]:
        if test.__class__ is cst.NamedExpr:
            return self.key(test.target)
        if test.__class__ is cst.Await:
            return self.key(test.expression)
        if test.__class__ is cst.UnaryOperation and test.operator.__class__ is cst.Not:
            name, truth = self.key(test.expression)
            return name, not truth
        if test.__class__ is cst.Comparison and len(test.comparisons) == 1:
            return self._comparison(test)
        if test.__class__ is cst.Call:
            return outcome(test), True
        return dotted_name(test) or self._text_of(test), True

    def _comparison(self, test: cst.Comparison) -> tuple[str, bool]:
        left, right = test.left, test.comparisons[0].comparator
        operator = test.comparisons[0].operator
        if isinstance(operator, cst.In) and _is_one_of_main(left, right):
            return MAIN_GUARD, True
        equal = is_a(operator, (cst.Equal, cst.Is))
        if not equal and not isinstance(operator, (cst.NotEqual, cst.IsNot)):
            return self._text_of(test), True
        if is_a(left, (cst.SimpleString, cst.Integer)) or dotted_name(left) in ("None", "True", "False"):
            left, right = right, left
        if isinstance(right, cst.Name) and right.value in ("True", "False"):
            name, truth = self.key(left)
            return name, truth == (right.value == "True") == equal
        if is_main_test(left, right):
            return MAIN_GUARD, equal
        return f"{self._text_of(left)} == {self._text_of(right)}", equal


def is_main_test(left: cst.BaseExpression, right: cst.BaseExpression) -> bool:
    """Tell a comparison that only holds in the process that was started as a program.

    `multiprocessing.parent_process() is None` is none: a spawned child imports its main module before it is set.
    """
    if isinstance(right, cst.SimpleString):
        told = literal(right)
        if told == "__main__":
            return dotted_name(left) == "__name__"
        return told == "MainProcess" and isinstance(left, cst.Attribute) and left.attr.value == "name"
    return False


def _is_one_of_main(left: cst.BaseExpression, right: cst.BaseExpression) -> bool:
    """Tell `__name__ in ("__main__", ...)`, unless the name that a spawned child gives the module is among them."""
    if dotted_name(left) != "__name__" or not isinstance(right, (cst.Tuple, cst.List, cst.Set)):
        return False
    names = [literal(e.value) for e in right.elements if isinstance(e.value, cst.SimpleString)]
    return "__main__" in names and "__mp_main__" not in names


def outcome(call: cst.Call) -> str:
    """Return the name of the condition that a call came out true, this very time."""
    return f"{_OUTCOME}{id(call)}>"


def is_outcome(name: str) -> bool:
    """Tell the name of the condition that a call came out true."""
    return name.startswith(_OUTCOME)


class Exploration(msgspec.Struct, eq=False):
    """What may hold where: for each block the states on entry, each with its facts."""

    graph: Graph
    entries: dict[int, dict[State, Facts]]
    complete: bool
    step: Step
    conditions: Conditions
    implicit: bool
    moving: frozenset[OpKind]
    """The kinds of operation that may change a state or what is known in it."""

    def ends(self, block: Block) -> Mapping[State, Facts]:
        """Return the states in which `graph.returned` or `graph.raised` is reached."""
        return self.entries.get(id(block), {})

    def visit(self, see: Callable[[Op, Mapping[State, Facts]], None]) -> None:
        """Call `see` with every operation that is reached and the states before it."""
        for block in self.graph.blocks:
            states: Mapping[State, Facts] = self.entries.get(id(block), {})
            if not states:
                continue
            for op in block.ops:
                see(op, states)
                if op.kind in self.moving:
                    states = _after(self.step, self.conditions, op, states)


def explore(
    graph: Graph,
    start: State,
    step: Step,
    conditions: Conditions,
    *,
    may_raise: Callable[[Op], bool] | None = None,
    facts: Facts = NO_FACTS,
    concerns: frozenset[OpKind] = frozenset(OpKind),
) -> Exploration:
    """Follow all paths from the entry.

    `step` maps an operation and a state to the states after it, each with facts it implies, or None for no change; it
    has to do with the kinds of operation in `concerns` only.
    With `may_raise`, operations for which it is true may also raise, in the state before them; without, only
    `raise` statements do. An exploration that had to give up says so in `complete`.
    """
    entries: dict[int, dict[State, Facts]] = {id(graph.entry): {start: facts}}
    pending = [graph.entry]
    waiting = {id(graph.entry)}
    complete = True
    budget = _MOST_STEPS
    moving = concerns | _TELLING

    def flow(target: Block, arriving: Mapping[State, Facts]) -> None:
        nonlocal complete
        into = entries.setdefault(id(target), {})
        changed = False
        for state, held in arriving.items():
            before = into.get(state)
            merged = held if before is None else before & held
            if merged != before:
                into[state] = merged
                changed = True
        if len(into) > _MOST_STATES:
            complete = False
        elif changed and id(target) not in waiting:
            waiting.add(id(target))
            pending.append(target)

    while pending and complete:
        pending.sort(key=lambda block: block.number, reverse=True)
        block = pending.pop()
        waiting.discard(id(block))
        states: Mapping[State, Facts] = dict(entries[id(block)])
        thrown: Mapping[State, Facts] | None = None
        for op in block.ops:
            budget -= 1
            if may_raise is not None and block.handler is not None and states is not thrown and may_raise(op):
                flow(block.handler, states)
                thrown = states
            if op.kind in moving:
                states = _after(step, conditions, op, states)
        if budget < 0:
            complete = False
        for edge in block.edges:
            passed = _through(edge, states, conditions)
            if passed:
                flow(edge.target, passed)
    return Exploration(graph, entries, complete, step, conditions, may_raise is not None, moving)


def _through(edge: Edge, states: Mapping[State, Facts], conditions: Conditions) -> Mapping[State, Facts]:
    if edge.test is None:
        return states
    name, holds = conditions.key(edge.test)
    fact = (name, holds == edge.truth)
    opposite = (name, holds != edge.truth)
    return {state: facts | {fact} for state, facts in states.items() if opposite not in facts}


def _after(step: Step, conditions: Conditions, op: Op, states: Mapping[State, Facts]) -> Mapping[State, Facts]:
    learns = op.extra is not None and op.kind in _LEARNING
    moved = []
    changed = False
    others = conditions.lets_others_in is not None and any(states.values()) and conditions.lets_others_in(op)
    for state, facts in states.items():
        kept = _forget(op, facts) if facts else facts
        if kept and others:
            kept = frozenset(fact for fact in kept if is_outcome(fact[0]) or not _SHARED.search(fact[0]))
        if learns:
            kept = _learn(op, kept, conditions)
        results = step(op, state)
        changed = changed or results is not None or kept is not facts
        moved.append((state, kept, results))
    if not changed:
        return states
    found: dict[State, Facts] = {}
    for state, kept, results in moved:
        for after, implied in ((state, ()),) if results is None else results:
            held = kept
            if implied:
                names = {name for name, _ in implied}
                held = frozenset(fact for fact in kept if fact[0] not in names) | frozenset(implied)
            held = held if after not in found else found[after] & held
            found[after] = held
    return found


def _forget(op: Op, facts: Facts) -> Facts:
    """Drop what a new binding or a change of a container makes out of date."""
    if op.kind is OpKind.BIND and isinstance(op.node, cst.Name):
        old = [fact for fact in facts if _speaks_of(fact[0], op.node.value)]
    elif op.kind is OpKind.STORE and op.node.__class__ is cst.Subscript:
        return _without_contents(facts, dotted_name(op.node.value))
    elif op.kind is OpKind.STORE and (name := dotted_name(op.node)):
        old = [fact for fact in facts if name in fact[0]]
    elif op.kind is OpKind.AUGMENT and (name := dotted_name(op.node.target)):  # type: ignore[attr-defined]
        old = [fact for fact in facts if name in fact[0]]
    elif op.kind is OpKind.CALL:
        assert isinstance(op.node, cst.Call)
        again = outcome(op.node)
        old = [fact for fact in ((again, True), (again, False)) if fact in facts]
        return _after_method(op.node, facts.difference(old) if old else facts)
    else:
        return facts
    return facts.difference(old) if old else facts


def _after_method(call: cst.Call, facts: Facts) -> Facts:
    if not facts or call.func.__class__ is not cst.Attribute:
        return facts
    if call.func.attr.value in CHANGING:
        return _without_contents(facts, dotted_name(call.func.value))
    return facts


def _without_contents(facts: Facts, container: str) -> Facts:
    """Drop what was known of the contents of a container, but not whether there is one."""
    there = f"{container} == None"
    return frozenset(fact for fact in facts if not container or container not in fact[0] or fact[0] == there)


def _speaks_of(condition: str, name: str) -> bool:
    start = condition.find(name)
    while start >= 0:
        end = start + len(name)
        before = condition[start - 1 : start]
        after = condition[end : end + 1]
        if not (before.isidentifier() or before == ".") and not (after.isalnum() or after == "_"):
            return True
        start = condition.find(name, end)
    return False


def _learn(op: Op, facts: Facts, conditions: Conditions) -> Facts:
    """Note what an assignment tells: `flag = False`, `got = lock.acquire(False)`."""
    name = dotted_name(op.node)
    value = op.extra
    if not name or not is_a(value, cst.BaseExpression):
        return facts
    if (truth := constant_truth(value)) is not None:
        none = isinstance(value, cst.Name) and value.value == "None"
        return facts | {(name, truth), (f"{name} == None", none)}
    if facts:
        told, holds = conditions.key(value)
        for truth in (True, False):
            if (told, truth) in facts:
                return facts | {(name, truth == holds)}
    if value.__class__ is cst.Call:
        return facts | {(f"{name} == None", False)} if _makes_object(value) else facts
    return facts


def _makes_object(call: cst.Call) -> bool:
    return dotted_name(call.func).rpartition(".")[2][:1].isupper()


