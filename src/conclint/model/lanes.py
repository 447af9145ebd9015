"""How much of what is handed over runs at once: by which workers, one after the other, or as often as it is handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.knowledge.schema import Domain, Primitive, Where
from conclint.model.arguments import argument
from conclint.model.values import Instance
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from conclint.model.events import Handover
    from conclint.model.module import ModuleModel


def domain_of(handover: Handover) -> Domain:
    """Return by what it is run: a thread, a process or a task of an event loop."""
    if handover.where is Where.PROCESS:
        return Domain.PROCESS
    facts = handover.made or (handover.receiver.facts if handover.receiver is not None else None)
    return facts.domain if facts is not None else Domain.THREAD


def is_many(module: ModuleModel, handover: Handover) -> bool:
    """Tell whether several of what one place hands over may run at once."""
    repeated = module.repeats(handover.call)
    if is_awaited(module, handover):
        return handover.runs.many and not repeated  # a loop waits for one before it comes to the next
    return handover.runs.many or handover.runs.each is not None or repeated


def is_awaited(module: ModuleModel, handover: Handover) -> bool:
    """Tell what a coroutine waits for on the spot, so it does nothing else meanwhile: `await asyncio.to_thread(f)`."""
    return handover.runs.each is None and isinstance(module.tree.parent(handover.call), cst.Await)


def lane_of(module: ModuleModel, handover: Handover) -> str:
    """Return a name for the one worker, or the timer that is always the next one, that runs it; empty where there are more."""
    receiver = handover.receiver
    if handover.made is not None and handover.made.kind is Primitive.TIMER:
        return _place_of_timer(module, handover.call)
    if receiver is None or receiver.site is None or not has_one_worker(receiver):
        return ""
    return f"one worker {module.source.path}:{module.number_of(receiver.site.call)}"


def _place_of_timer(module: ModuleModel, call: cst.Call) -> str:
    """Return a name for the attribute of `self` that holds the timer: who makes the next one there has done with the last."""
    stored = module.tree.parent(call)
    cls = module.class_at(call)
    if cls is None or not isinstance(stored, (cst.Assign, cst.AnnAssign)):
        return ""
    targets = [stored.target] if isinstance(stored, cst.AnnAssign) else [target.target for target in stored.targets]
    names = [dotted_name(target) for target in targets if isinstance(target, cst.Attribute)]
    return f"timer {module.source.path}:{cls.qualified_name} {names[0]}" if names else ""


def has_one_worker(instance: Instance) -> bool:
    """Tell a pool or executor that is made with a single worker, which so is a thread or process to be used by turns."""
    if instance.site is None or instance.facts is None:
        return False
    given = argument(instance.site.call, instance.facts.workers)
    return given is not None and isinstance(given.value, cst.Integer) and given.value.evaluated_value == 1
