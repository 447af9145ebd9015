"""Events that are set for a moment only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Primitive
from conclint.model.flow import straight_after
from conclint.model.graph import OpKind
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.events import Event
    from conclint.model.module import ModuleModel


class Pulse(msgspec.Struct, frozen=True):
    """An event of threads or processes that is cleared right after it was set."""

    setting: Event
    clearing: Event


def pulses(module: ModuleModel) -> Iterator[Pulse]:
    """Yield the settings of an event that the next thing done clears, with nothing but a release between them.

    Tasks of one event loop are left out: none of them runs between the two, and one that tests what it waits for
    before it awaits the event misses nothing.
    """
    clears = {id(event.node): event for event in module.events_of("clear", Primitive.EVENT)}
    for setting in module.events_of("set", Primitive.EVENT):
        if setting.domain not in (Domain.THREAD, Domain.PROCESS):
            continue
        clearing = _next_call(module, setting, clears)
        path = dotted_name(setting.object)
        if clearing is not None and path and path == dotted_name(clearing.object):
            yield Pulse(setting, clearing)


def _next_call(module: ModuleModel, event: Event, among: dict[int, Event]) -> Event | None:
    """Return the event that comes next, None when anything else but looking it up and leaving a lock comes before."""
    function = module.function_at(event.node)
    graph = module.graph(function) if function is not None else None
    if graph is None or not isinstance(event.node, cst.Call):
        return None
    for op in straight_after(graph, event.node):
        if op.kind is OpKind.CALL:
            return among.get(id(op.node))
        if op.kind is OpKind.EXIT:
            if module.locks.event(op) is None:
                return None
        elif op.kind is not OpKind.LOAD:
            return None
    return None
