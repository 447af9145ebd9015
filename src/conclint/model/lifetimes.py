"""An object in an attribute, over the life of the object that has it: from the constructor into the methods.

Methods may come in any order, so a method can only rely on what the constructor has surely done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.escape import Way, fate_of
from conclint.model.making import is_made_idle, leaves_alone
from conclint.model.paths import explore
from conclint.model.tracked import History, Tracked
from conclint.model.tracking import Tracker, births
from conclint.model.values import FunctionValue, Instance

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from conclint.model.definitions import Class, Function
    from conclint.model.escape import Use
    from conclint.model.events import Event
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site
    from conclint.syntax import Binding


def history_on_entry(module: ModuleModel, function: Function, path: str, events: Mapping[int, Event]) -> History:
    """Return what has surely happened to what `path` stands for when a method begins.

    Something is known where that is an attribute that only the constructor sets. The object is as it was made (`fresh`)
    when moreover no code does any of the `events` to it, and its name says that other modules have no business with it.
    """
    store = _set_once(module, function, path)
    histories = _left_by(module, store, events) if store is not None else []
    if store is None or not histories:
        return History()
    common = frozenset.intersection(*(history.words for history in histories))
    happened = tuple(item for item in histories[0].happened if item[0] in common)
    untouched = store.name.startswith("_") and not any(history.happened for history in histories)
    return History(untouched and _is_left_to(module, store, events, ()), happened)


def settled_by_constructor(
    module: ModuleModel, function: Function, path: str, events: Mapping[int, Event]
) -> Event | None:
    """Return the event that the constructor alone does to what `path` stands for, and not on all of its paths.

    Where it did not, no method can make up for it. None where it always does, or others may.
    """
    store = _set_once(module, function, path)
    histories = _left_by(module, store, events) if store is not None else []
    if store is None or all(history.happened for history in histories):
        return None
    done = {id(event.node): event for history in histories for _, event in history.happened}
    first = next(iter(done.values()), None)
    return first if first is not None and _is_left_to(module, store, events, done) else None


def _set_once(module: ModuleModel, function: Function, path: str) -> Binding | None:
    """Return the store to an attribute of `self` that no other code than the constructor sets."""
    receiver, _, attribute = path.partition(".")
    if function.cls is None or receiver != function.receiver_name or not attribute.isidentifier():
        return None
    store = _only_store(module, function.cls, attribute)
    constructor = module.function_of(store.scope) if store is not None else None
    if constructor is None or constructor.name != "__init__" or constructor is function:
        return None
    return store


def _only_store(module: ModuleModel, cls: Class, attribute: str) -> Binding | None:
    stores = [one for owner in module.resolver.mro(cls) for one in owner.attributes.get(attribute, ())]
    return stores[0] if len(stores) == 1 and isinstance(stores[0].node, cst.Attribute) else None


def _left_by(module: ModuleModel, store: Binding, events: Mapping[int, Event]) -> list[History]:
    """Return the histories of what is stored to an attribute when the constructor ends that stores it."""
    constructor = module.function_of(store.scope)
    assert constructor is not None
    path = f"{constructor.receiver_name}.{store.name}"
    graph = module.graph(constructor)
    found: list[History] = []
    for birth in births(module, graph) if graph is not None else ():
        assert graph is not None
        tracker = Tracker(module, constructor, events, birth=birth)
        exploration = explore(graph, Tracked(), tracker.step, module.conditions)
        if not exploration.complete:
            return []
        for state in exploration.ends(graph.returned):
            assert isinstance(state, Tracked)
            if path in state.names:
                found.append(state.history)
    return found


def _is_left_to(
    module: ModuleModel, store: Binding, events: Mapping[int, Event], doers: Container[int]
) -> bool:
    """Tell whether nobody but the `doers` does any of these events to the object that is stored, or could."""
    made = store.value
    site = module.resolver.sites.get(id(made))
    if not isinstance(made, cst.Call) or site is None or not is_made_idle(module, site):
        return False
    fate = fate_of(module, made)
    if any(escape.way is not Way.STORED or escape.node is not made for escape in fate.escapes):
        return False
    later = [fate_of(module, one) for one in module.tree.of_kind(cst.Attribute) if one.attr.value == store.name]
    if fate.captured or any(one.escapes or one.captured for one in later):
        return False
    uses = [use for one in (fate, *later) for use in one.uses]
    return all(id(use.node) in doers or not _may_do(module, site, use, events) for use in uses)


def _may_do(module: ModuleModel, site: Site, use: Use, events: Mapping[int, Event]) -> bool:
    if id(use.node) in events:
        return True
    method = next(iter(module.resolver.members(Instance(cls=site.cls), use.name)), None) if site.cls is not None else None
    return site.cls is not None and isinstance(method, FunctionValue) and not leaves_alone(module, site.cls, method.function)
