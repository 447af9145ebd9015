"""For each queue: who puts, who gets, and in which process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from conclint.knowledge.schema import Primitive
from conclint.model.transfers import may_have
from conclint.model.values import Instance

if TYPE_CHECKING:
    from collections.abc import Iterable

    import libcst as cst

    from conclint.model.definitions import Function
    from conclint.model.events import Event, Root
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site


class End(msgspec.Struct, frozen=True):
    """Something done to a queue: by which roots, and in which processes: those of children, None for the parent."""

    event: Event
    function: Function
    roots: tuple[Root, ...]
    processes: frozenset[Root | None]


class Queue(msgspec.Struct, frozen=True):
    """A queue by its creation site, with all that the module is seen to do to it."""

    site: Site
    ends: tuple[End, ...]

    def of(self, *words: str) -> list[End]:
        """Return the ends of these words: put, get, join, task_done, close ..."""
        return [end for end in self.ends if end.event.word in words]


def find_queues(module: ModuleModel) -> Iterable[Queue]:
    """Yield the queues that the module makes, in the order of their creation sites."""
    ends: dict[int, list[End]] = {}
    for event in module.events:
        function = module.function_at(event.node) if event.kind is Primitive.QUEUE else None
        if function is None:
            continue
        for site in {id(one.site): one.site for one in event.instances if one.site is not None}.values():
            here = module.runners.roots(function)
            roots = tuple(root for root in here if may_have(module, root, event.object, site))
            processes = module.runners.processes(function, roots)
            ends.setdefault(id(site), []).append(End(event, function, roots, processes))
    for made in module.sites_of(Primitive.QUEUE):
        yield Queue(made, tuple(ends.get(id(made), ())))


def queue_identity(module: ModuleModel, queue: cst.BaseExpression) -> Site | str | None:
    """Return what tells a queue from others: its creation site, or its access path where that is not to be seen."""
    sites = {one.site for one in module.values(queue) if isinstance(one, Instance) and one.site is not None}
    return sites.pop() if len(sites) == 1 else module.locks.path(queue)


def unconnected(queue: Queue) -> tuple[End, End] | None:
    """Return a put and a get of a queue that is filled in some processes and emptied only in others.

    Nothing of what is put there ever arrives, unless the queue is made for processes.
    """
    puts, gets = queue.of("put"), queue.of("get")
    filled = frozenset(process for end in puts for process in end.processes)
    emptied = frozenset(process for end in gets for process in end.processes)
    if not filled or not emptied or filled & emptied:
        return None
    return puts[0], gets[0]
