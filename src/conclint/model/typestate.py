"""What has happened to an object before something else happens to it.

This is typestate analysis (Strom, Yemini, IEEE TSE 1986), one object at a time, on the control-flow graph of one
function at a time; `tracking` tells how an object is followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.containers import elements_of, takes_out
from conclint.model.events import is_surely_primitive
from conclint.model.graph import OpKind
from conclint.model.lifetimes import history_on_entry
from conclint.model.paths import explore
from conclint.model.tracked import History, Tracked
from conclint.model.tracking import Match, Tracker, births
from conclint.syntax import BindingKind
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from conclint.model.definitions import Function
    from conclint.model.events import Event
    from conclint.model.graph import Graph, Op
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Facts, State

    Found = dict[int, dict[History, None]]


def histories(
    module: ModuleModel,
    words: frozenset[str],
    asked: str,
    matters: Callable[[Event], bool] = lambda _event: True,
) -> Iterator[tuple[Event, tuple[History, ...]]]:
    """Yield each event of the word `asked` that matters with the histories, made of `words`, that may precede it.

    Only functions that can be followed to the end are spoken of, and only objects that are surely, as far as they are
    known, primitives. Of one among several objects only what has happened to each of them is told.
    """
    by_function: dict[int, list[Event]] = {}
    for event in module.events:
        function = module.function_at(event.node) if event.word == asked or event.word in words else None
        if function is not None and is_surely_primitive(module, event):
            by_function.setdefault(id(function), []).append(event)
    functions = {id(function): function for function in module.functions}
    telling = {id(one.node): one for events in by_function.values() for one in events if one.word in words}
    for key, events in by_function.items():
        if any(event.word == asked and matters(event) for event in events):
            followed = _followed(module, functions[key], events, telling, asked)
            yield from ((event, found) for event, found in followed if matters(event))


def _followed(
    module: ModuleModel, function: Function, events: list[Event], telling: Mapping[int, Event], asked: str
) -> Iterator[tuple[Event, tuple[History, ...]]]:
    graph = module.graph(function)
    if graph is None:
        return
    waited = {id(event.node): event for event in events if event.word == asked}
    known = {id(event.node) for event in module.events}
    found: Found = {}
    objects = [(Tracker(module, function, telling, known, birth), Tracked()) for birth in births(module, graph)]
    objects += [(Tracker(module, function, telling), start) for start in _present(module, function, events, telling)]
    if not all(_explored(module, graph, tracker, start, waited, found) for tracker, start in objects):
        return
    for event in waited.values():
        if id(event.node) in found:
            before = found[id(event.node)]
            yield event, _common(before) if _is_one_of_several(module, event.object) else tuple(before)


def _explored(
    module: ModuleModel, graph: Graph, tracker: Tracker, start: Tracked, events: Mapping[int, Event], found: Found
) -> bool:
    """Note the histories of one object before some events; tell whether it could be followed to the end."""
    exploration = explore(graph, start, tracker.step, module.conditions, may_raise=module.may_raise)
    if not exploration.complete:
        return False

    def see(op: Op, states: Mapping[State, Facts]) -> None:
        event = events.get(id(op.node))
        if event is None or op.kind not in (OpKind.CALL, OpKind.STORE):
            return
        for state in states:
            assert isinstance(state, Tracked)
            if tracker.match(event.object, state) is not Match.NO:
                found.setdefault(id(event.node), {})[state.history] = None

    exploration.visit(see)
    return True


def _present(
    module: ModuleModel, function: Function, events: Sequence[Event], telling: Mapping[int, Event]
) -> list[Tracked]:
    """Return the objects that are there when a function begins: parameters, attributes, variables around it."""
    found: dict[tuple[str, bool], Tracked] = {}
    for event in events:
        path = dotted_name(event.object)
        if path and _is_there(function, path):
            history = history_on_entry(module, function, path, telling)
            found[path, False] = Tracked(names=frozenset({path}), history=history, born=True)
        for holder in _holders(module, event.object):
            if _is_there(function, holder):
                found[holder, True] = Tracked(holders=frozenset({holder}), born=True)
    return list(found.values())


def _holders(module: ModuleModel, node: cst.BaseExpression) -> Iterator[str]:
    """Yield the containers that a loop variable or an indexed expression takes its object from."""
    if isinstance(node, cst.Subscript):
        yield dotted_name(node.value)
    elif isinstance(node, cst.Name):
        owner = module.tree.scope_of(node).owner(node.value)
        for binding in owner.bindings.get(node.value, ()) if owner is not None else ():
            loop = module.tree.enclosing(binding.node, (cst.For, cst.CompFor))
            if binding.kind is BindingKind.ITERATE and isinstance(loop, (cst.For, cst.CompFor)):
                yield from (dotted_name(holder) for holder, _ in elements_of(module, loop))


def _is_there(function: Function, path: str) -> bool:
    name = path.partition(".")[0]
    owner = function.scope.owner(name)
    if owner is not function.scope:
        return owner is not None
    return "." in path or any(one.kind is BindingKind.PARAMETER for one in owner.bindings[name])


def _is_one_of_several(module: ModuleModel, node: cst.BaseExpression) -> bool:
    """Tell an object that is taken out of a container: conditions that hold for one say nothing about another."""
    if not isinstance(node, cst.Name):
        return isinstance(node, (cst.Subscript, cst.Call))
    owner = module.tree.scope_of(node).owner(node.value)
    if owner is None:
        return False
    bindings = module.resolver.reaching(node, owner) or owner.bindings.get(node.value, [])
    return any(
        binding.kind is BindingKind.ITERATE
        or isinstance(binding.value, cst.Subscript)
        or (isinstance(binding.value, cst.Call) and takes_out(binding.value))
        for binding in bindings
    )


def _common(found: Mapping[History, None]) -> tuple[History, ...]:
    """Keep only what all the histories tell of; who has more behind it may have gone through anything."""
    common = frozenset.intersection(*(history.words for history in found))
    weaker = [
        History(
            history.fresh and history.words == common,
            tuple(item for item in history.happened if item[0] in common),
        )
        for history in found
    ]
    return tuple(dict.fromkeys(weaker))


__all__ = ["History", "histories"]
