"""An object in an attribute, over the life of the object that has it: from the constructor into the methods.

Methods may come in any order, so a method can only rely on what the constructor has surely done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.escape import Way, fate_of
from conclint.model.making import is_made_idle
from conclint.model.paths import explore
from conclint.model.tracked import History, Tracked
from conclint.model.tracking import Tracker, births

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conclint.model.definitions import Class, Function
    from conclint.model.escape import Fate
    from conclint.model.events import Event
    from conclint.model.module import ModuleModel
    from conclint.syntax import Binding


def history_on_entry(module: ModuleModel, function: Function, path: str, events: Mapping[int, Event]) -> History:
    """Return what has surely happened to what `path` stands for when a method begins.

    Something is known where that is an attribute that only the constructor sets. The object is as it was made (`fresh`)
    when moreover no code does any of the `events` to it, and its name says that other modules have no business with it.
    """
    receiver, _, attribute = path.partition(".")
    if function.cls is None or receiver != function.receiver_name or not attribute.isidentifier():
        return History()
    store = _only_store(module, function.cls, attribute)
    constructor = module.function_of(store.scope) if store is not None else None
    if store is None or constructor is None or constructor.name != "__init__" or constructor is function:
        return History()
    histories = _left_by(module, constructor, f"{constructor.receiver_name}.{attribute}", events)
    if not histories:
        return History()
    common = frozenset.intersection(*(history.words for history in histories))
    happened = tuple(item for item in histories[0].happened if item[0] in common)
    untouched = not any(history.happened for history in histories) and _is_left_alone(module, store, events)
    return History(untouched, happened)


def _only_store(module: ModuleModel, cls: Class, attribute: str) -> Binding | None:
    stores = [one for owner in module.resolver.mro(cls) for one in owner.attributes.get(attribute, ())]
    return stores[0] if len(stores) == 1 and isinstance(stores[0].node, cst.Attribute) else None


def _left_by(
    module: ModuleModel, constructor: Function, path: str, events: Mapping[int, Event]
) -> list[History]:
    """Return the histories of what a path stands for when a constructor ends."""
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


def _is_left_alone(module: ModuleModel, store: Binding, events: Mapping[int, Event]) -> bool:
    """Tell whether nobody does any of these events to the object that is stored, or could."""
    made, name = store.value, store.name
    site = module.resolver.sites.get(id(made))
    if not name.startswith("_") or not isinstance(made, cst.Call) or site is None or not is_made_idle(module, site):
        return False
    fate = fate_of(module, made)
    if any(escape.way is not Way.STORED or escape.node is not made for escape in fate.escapes):
        return False
    later = [fate_of(module, one) for one in module.tree.of_kind(cst.Attribute) if one.attr.value == name]
    return not any(one.escapes for one in later) and not any(_touches(one, events) for one in (fate, *later))


def _touches(fate: Fate, events: Mapping[int, Event]) -> bool:
    return bool(fate.captured) or any(id(use.node) in events for use in fate.uses)
