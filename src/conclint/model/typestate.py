"""What has happened to an object before something else happens to it.

This is typestate analysis (Strom, Yemini, IEEE TSE 1986) for one object at a time: the object is a variable or an
attribute, spelled the same way throughout one function, until that is bound again.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.graph import OpKind
from conclint.model.paths import explore
from conclint.model.values import UNKNOWN, Constant, Instance
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conclint.model.definitions import Function
    from conclint.model.events import Event
    from conclint.model.graph import Op
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Facts, State


@dataclasses.dataclass(frozen=True, slots=True)
class History:
    """What has happened to an object on some path: for each word its latest event.

    `fresh` tells that the path has seen the object being made, so that nothing else can have happened to it.
    """

    fresh: bool = False
    happened: tuple[tuple[str, Event], ...] = ()

    @property
    def words(self) -> frozenset[str]:
        """The words of what has happened."""
        return frozenset(word for word, _ in self.happened)

    def event(self, word: str) -> Event | None:
        """Return the latest event of this word."""
        return dict(self.happened).get(word)

    def after(self, event: Event) -> History:
        """Return the history with one more event."""
        others = tuple(item for item in self.happened if item[0] != event.word)
        return History(self.fresh, tuple(sorted((*others, (event.word, event)), key=lambda item: item[0])))


def histories(
    module: ModuleModel, words: frozenset[str], asked: str
) -> Iterator[tuple[Event, tuple[History, ...]]]:
    """Yield each event of the word `asked` with the histories, made of `words`, that may precede it.

    Only functions that can be followed to the end are spoken of, and only objects that are a name or a chain of
    attributes and surely, as far as they are known, primitives.
    """
    by_object: dict[tuple[int, str], list[Event]] = {}
    for event in module.events:
        if event.word != asked and event.word not in words:
            continue
        path = dotted_name(event.object)
        function = module.function_at(event.node)
        if path and function is not None and _is_surely_primitive(module, event):
            by_object.setdefault((id(function), path), []).append(event)
    functions = {id(function): function for function in module.functions}
    for (function_id, path), events in by_object.items():
        if any(event.word == asked for event in events):
            yield from _followed(module, functions[function_id], path, events, asked)


def _is_surely_primitive(module: ModuleModel, event: Event) -> bool:
    return all(
        value is UNKNOWN
        or (isinstance(value, Constant) and value.value is None)
        or (isinstance(value, Instance) and value.facts is not None)
        for value in module.values(event.object)
    )


def _followed(
    module: ModuleModel, function: Function, path: str, events: list[Event], asked: str
) -> Iterator[tuple[Event, tuple[History, ...]]]:
    graph = module.graph(function)
    if graph is None:
        return
    by_node = {id(event.node): event for event in events}
    replaced = _replaced_elsewhere(module, function, path)

    def step(op: Op, state: State) -> list[tuple[State, tuple[tuple[str, bool], ...]]] | None:
        assert isinstance(state, History)
        event = by_node.get(id(op.node))
        if event is not None and op.kind in (OpKind.CALL, OpKind.STORE):
            return [(state.after(event), ())]
        if _rebinds(op, path):
            return [(History(fresh=isinstance(op.extra, cst.Call)), ())]
        if replaced and op.kind is OpKind.CALL and state.happened:
            return [(History(), ())]
        return None

    exploration = explore(graph, History(), step, module.conditions, may_raise=module.may_raise)
    if not exploration.complete:
        return
    found: dict[int, dict[History, None]] = {}

    def see(op: Op, states: Mapping[State, Facts]) -> None:
        event = by_node.get(id(op.node))
        if event is not None and event.word == asked and op.kind in (OpKind.CALL, OpKind.STORE):
            for state in states:
                assert isinstance(state, History)
                found.setdefault(id(event.node), {})[state] = None

    exploration.visit(see)
    for event in events:
        if id(event.node) in found:
            yield event, tuple(found[id(event.node)])


def _rebinds(op: Op, path: str) -> bool:
    """Tell whether an operation makes `path` stand for another object: it, or what it hangs on, is bound."""
    if op.kind not in (OpKind.BIND, OpKind.STORE, OpKind.DELETE, OpKind.IMPORT):
        return False
    bound = dotted_name(op.node)
    return bool(bound) and (path == bound or path.startswith(f"{bound}."))


def _replaced_elsewhere(module: ModuleModel, function: Function, path: str) -> bool:
    """Tell whether a call may put another object in this place: other functions store to it as well."""
    first, _, rest = path.partition(".")
    if not rest:
        owner = function.scope.owner(first)
        return owner is not None and owner is not function.scope and len(owner.bindings.get(first, ())) > 1
    cls = function.cls
    if cls is None or first != function.receiver_name:
        return True
    return sum(len(owner.attributes.get(rest, ())) for owner in module.resolver.mro(cls)) > 1
