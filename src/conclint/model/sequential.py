"""Threads that run one after the other: each turn of a loop starts one and waits for it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive
from conclint.model.escape import fate_of
from conclint.model.flow import straight_after
from conclint.model.graph import OpKind
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.events import Event
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site


class OneAtATime(msgspec.Struct, frozen=True):
    """A loop that makes a thread or process, starts it and joins it, all in one turn."""

    site: Site
    start: Event
    join: Event
    loop: cst.For


def one_at_a_time(module: ModuleModel) -> Iterator[OneAtATime]:
    """Yield the loops in which no two of the threads made there ever run side by side.

    Loops whose turns depend on each other are left out: those that look at the outcome, or may stop early; and so are
    those that do the same again and again, whatever the loop's variable is.
    """
    events = {id(event.node): event for event in module.events if event.word in ("start", "join")}
    for site in module.sites_of(Primitive.THREAD, Primitive.PROCESS):
        loop = module.inside(site.call, cst.For)
        if loop is None or not _shares_out(loop, site.call) or _may_stop_early(loop):
            continue
        fate = fate_of(module, site.call)
        found = [events[id(use.node)] for use in fate.uses if id(use.node) in events]
        done = {event.word: event for event in found}
        others = [use for use in fate.uses if id(use.node) not in events and not use.stores]
        if fate.escapes or others or len(found) != 2 or len(done) != 2:
            continue
        start, join = done["start"], done["join"]
        if module.inside(join.node, cst.For) is loop and _follows_at_once(module, start, join):
            yield OneAtATime(site, start, join, loop)


def _shares_out(loop: cst.For, call: cst.Call) -> bool:
    """Tell whether a call is given what the loop's variable stands for."""
    variables = {part.value for part in descendants(loop.target) if isinstance(part, cst.Name)}
    given = (part for argument in call.args for part in descendants(argument.value))
    return any(isinstance(part, cst.Name) and part.value in variables for part in given)


def _may_stop_early(loop: cst.For) -> bool:
    return any(isinstance(part, (cst.Break, cst.Return, cst.Raise)) for part in descendants(loop.body))


def _follows_at_once(module: ModuleModel, start: Event, join: Event) -> bool:
    """Tell whether nothing is done between a start and a join that waits for ever."""
    function = module.function_at(start.node)
    graph = module.graph(function) if function is not None else None
    if graph is None or not isinstance(start.node, cst.Call) or not isinstance(join.node, cst.Call) or join.node.args:
        return False
    for op in straight_after(graph, start.node):
        if op.node is join.node and op.kind is OpKind.CALL:
            return True
        if op.kind is OpKind.CALL and module.may_raise(op):
            return False
    return False
