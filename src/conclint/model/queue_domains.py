"""Queues and the like that do not work between those who share them."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import msgspec

from conclint.knowledge.schema import Domain, Primitive, Transfer
from conclint.model.process_twins import made_for_processes
from conclint.model.queue_ends import unconnected
from conclint.model.transfers import Way, transferred
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from conclint.draft import Remedy
    from conclint.model.module import ModuleModel
    from conclint.model.values import Instance, Site

_FOR_PROCESSES = {"queue.Queue": "Queue", "queue.SimpleQueue": "SimpleQueue"}


class Wrong(enum.Enum):
    """What comes of it."""

    COPIED = "copied"  # the process gets a copy, or none under spawn
    UNPICKLABLE = "unpicklable"  # TypeError
    NOT_INHERITED = "not inherited"  # RuntimeError
    UNCONNECTED = "unconnected"  # each side has a copy of its own


class Misplaced(msgspec.Struct, frozen=True):
    """An object that does not reach the other side. `node` is where it is handed over, or used on the other side."""

    how: Wrong
    node: cst.CSTNode
    label: str
    site: Site | None
    spawner: cst.Call | None
    other: cst.CSTNode | None = None


def misplaced(module: ModuleModel) -> Iterator[Misplaced]:
    """Yield the queues of threads that are to connect processes, and what only a new process can get and a task is given."""
    handed: set[int] = set()
    told: set[int] = set()
    for found in transferred(module):
        how = _refusal(found.instance, found.way)
        if how is None or (found.attribute and how is Wrong.COPIED):
            continue
        handed.add(id(found.instance.site))
        if id(found.node) in told:
            continue
        told.add(id(found.node))
        label = f"self.{found.attribute}" if found.attribute else dotted_name(found.node) or _kind(found.instance)
        yield Misplaced(how, found.node, label, found.instance.site, found.handover.call)
    for queue in module.queues:
        pair = unconnected(queue) if queue.site.domain is Domain.THREAD and id(queue.site) not in handed else None
        if pair is not None and id(pair[0].event.node) not in told:
            told.add(id(pair[0].event.node))
            inner, outer = pair if None not in pair[0].processes else reversed(pair)
            spawner = next((root.site for root in inner.processes if root is not None), None)
            label = module.label(inner.event.object)
            yield Misplaced(Wrong.UNCONNECTED, inner.event.node, label, queue.site, spawner, outer.event.node)


def _kind(instance: Instance) -> str:
    return instance.type_name.rpartition(".")[2]


def _refusal(instance: Instance, way: Way) -> Wrong | None:
    facts = instance.facts
    assert facts is not None
    if facts.kind is Primitive.QUEUE and facts.domain is Domain.THREAD:
        return Wrong.UNPICKLABLE if way is Way.TASK else Wrong.COPIED
    if facts.domain is Domain.PROCESS and facts.transfer is Transfer.INHERIT and way is Way.TASK:
        return Wrong.NOT_INHERITED if facts.kind is not Primitive.PROCESS else None
    return None


def queue_for_processes(module: ModuleModel, found: Misplaced) -> Remedy | None:
    """Return the change of `queue.Queue()` to the queue of the module or context that makes the processes."""
    site = found.site
    if site is None or site.cls is not None or found.how not in (Wrong.COPIED, Wrong.UNCONNECTED):
        return None
    name = _FOR_PROCESSES.get(site.type_name)
    if name is None:
        return None
    ends = next(queue for queue in module.queues if queue.site is site)
    if ends.of("join", "task_done"):
        name = "JoinableQueue"
    return made_for_processes(module, site, found.spawner, name)
