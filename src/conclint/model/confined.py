"""Where a function has made sure which thread runs it: what follows is that thread's alone.

`if threading.current_thread() is not threading.main_thread(): return`, `assert self._owner == get_ident()` and their like
confine the code behind them (in RacerD's words it has an owner), as long as nothing stored in between changes the test.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.graph import OpKind
from conclint.model.memory import once_per_function
from conclint.model.paths import explore
from conclint.model.words import Confinement
from conclint.syntax import BindingKind
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from conclint.model.definitions import Function
    from conclint.model.graph import Op
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Exploration, Facts, State

_ASKING = ("current_thread", "currentThread", "get_ident", "get_native_id", "main_thread")
_ASKED = re.compile(rf"\b(?:{'|'.join(_ASKING)})\(")
_BY_NAME = {f"<{kept.value}>": kept for kept in Confinement if kept is not Confinement.NONE}
_MAIN = re.compile(r"\bmain_thread\(|\b_MainThread\b")


@once_per_function
def confined_at(module: ModuleModel, function: Function) -> dict[int, Confinement]:
    """Return for the nodes of a function, by `id`, to which thread it keeps there; what is left out, to none."""
    if module.words.isdisjoint(_ASKING):
        return {}
    ensuring = {id(call): kept for call, kept in _ensuring_calls(module, function)}
    exploration = _explored(module, function, ensuring) if ensuring or _asks(function) else None
    if exploration is None:
        return {}
    asked = _locals_that_ask(module, function)
    found: dict[int, Confinement] = {}

    def see(op: Op, states: Mapping[State, Facts]) -> None:
        kept = _told(states, asked)
        found[id(op.node)] = min(kept, found.get(id(op.node), kept), key=_strength)

    exploration.visit(see)
    return {node: kept for node, kept in found.items() if kept is not Confinement.NONE}


def _ensuring_calls(module: ModuleModel, function: Function) -> Iterator[tuple[cst.Call, Confinement]]:
    """Yield the calls of functions that only come back in one thread: `self._check_thread()`."""
    for call in function.scope.calls:
        called = module.called_function(call)
        if called is not None and (kept := _ensured(module, called)) is not Confinement.NONE:
            yield call, kept


@once_per_function
def _ensured(module: ModuleModel, function: Function) -> Confinement:
    exploration = _explored(module, function, {}) if _asks(function) and not function.is_async else None
    if exploration is None:
        return Confinement.NONE
    return _told(exploration.ends(exploration.graph.returned), _locals_that_ask(module, function))


def _explored(
    module: ModuleModel, function: Function, ensuring: Mapping[int, Confinement]
) -> Exploration | None:
    graph = module.graph(function)
    if graph is None:
        return None

    def step(op: Op, state: State) -> Iterable[tuple[State, tuple[tuple[str, bool], ...]]] | None:
        kept = ensuring.get(id(op.node)) if op.kind is OpKind.CALL else None
        return ((state, ((f"<{kept.value}>", True),)),) if kept is not None else None

    exploration = explore(graph, None, step, module.conditions, concerns=frozenset({OpKind.CALL}))
    return exploration if exploration.complete else None


def _told(states: Mapping[State, Facts], asked: frozenset[str]) -> Confinement:
    """Return to which thread the code is kept that is reached in some states."""
    known = frozenset.intersection(*states.values()) if states else frozenset()
    return max(
        (_told_by(name, asked) for name, holds in known if holds), key=_strength, default=Confinement.NONE
    )


def _asks(function: Function) -> bool:
    named = {attribute.attr.value for attribute in function.scope.attributes}
    return not named.isdisjoint(_ASKING) or any(name.value in _ASKING for name in function.scope.names)


def _locals_that_ask(module: ModuleModel, function: Function) -> frozenset[str]:
    """Return the locals that stand for the running thread: `me = get_ident()`."""
    return frozenset(_asking_locals(module, function))


def _asking_locals(module: ModuleModel, function: Function) -> Iterator[str]:
    for name, bindings in function.scope.bindings.items():
        values = [
            binding.value for binding in bindings if binding.kind is BindingKind.ASSIGN and not binding.path
        ]
        if len(values) == len(bindings) and all(
            isinstance(value, cst.Call) and dotted_name(value.func).rpartition(".")[2] in _ASKING
            for value in values
        ):
            yield name


def _told_by(condition: str, asked: frozenset[str]) -> Confinement:
    """Return what the truth of a condition, by its name, tells of the running thread."""
    if condition in _BY_NAME:
        return _BY_NAME[condition]
    left, equal, right = condition.partition(" == ")
    if not equal or "None" in (left, right):
        return Confinement.NONE
    if _MAIN.search(condition):
        return Confinement.MAIN
    sides = (left, right)
    return (
        Confinement.OWNER if any(side in asked or _ASKED.search(side) for side in sides) else Confinement.NONE
    )


def _strength(kept: Confinement) -> int:
    return list(Confinement).index(kept)
