"""What is sent to other processes: tasks with their arguments, and the targets of processes under some start methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Primitive, Where
from conclint.model.arguments import argument, rest_arguments
from conclint.model.escape import fate_of
from conclint.model.events import primitives_of, workers_of
from conclint.model.pickling import unpicklable
from conclint.model.spawning import UNDECIDED, start_method

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.events import Handover
    from conclint.model.module import ModuleModel
    from conclint.model.values import Instance

_SHARED = (Primitive.LOCK, Primitive.SEMAPHORE, Primitive.CONDITION, Primitive.EVENT, Primitive.BARRIER)
_LIBRARIES = ("multiprocessing.", "concurrent.futures.")
_OTHER_PICKLERS = frozenset({"cloudpickle", "dill", "multiprocess", "pathos"})


class Unpicklable(msgspec.Struct, frozen=True):
    """`node`, which `call` sends to another process, can't be pickled; `what` says in words what it is.

    `method` is the start method that asks for pickling, empty where it is that of the platform, and None for the tasks
    of pools, which are pickled under any.
    """

    call: cst.Call
    node: cst.BaseExpression
    what: str
    method: str | None


def unpicklable_tasks(module: ModuleModel) -> Iterator[Unpicklable]:
    """Yield what is sent to other processes by pickling and can't be pickled.

    Modules that bring a pickler of another kind are left alone.
    """
    if any(_imports(module, name) for name in _OTHER_PICKLERS):
        return
    for handover in module.handovers:
        method = _method(module, handover)
        if method in ("fork", UNDECIDED) or (handover.where is Where.PROCESS and not _is_started(module, handover)):
            continue
        for node in _sent(handover):
            what = unpicklable(module, node)
            if what is not None and (method is None or not _is_shared_in_vain(module, node)):
                yield Unpicklable(handover.call, node, what, method)


def _imports(module: ModuleModel, name: str) -> bool:
    return any(
        binding.qualified.partition(".")[0] == name
        for scope in module.scopes
        for bindings in scope.bindings.values()
        for binding in bindings
        if binding.qualified
    )


def _method(module: ModuleModel, handover: Handover) -> str | None:
    """Return why what is handed over is pickled, as in `Unpicklable.method`; "fork" where it is not."""
    if handover.where is Where.PROCESS or handover.runs.initializer:
        site = module.resolver.sites.get(id(handover.call))
        if site is None or site.domain is not Domain.PROCESS or not site.type_name.startswith(_LIBRARIES):
            return "fork"
        return start_method(module, site) or ""
    if handover.where is not Where.WORKER:
        return "fork"
    receivers = workers_of(module, handover)
    return None if receivers and all(_is_pickling(one) for one in receivers) else "fork"


def _is_pickling(instance: Instance) -> bool:
    facts = instance.facts
    return facts is not None and facts.domain is Domain.PROCESS and instance.type_name.startswith(_LIBRARIES)


def _is_started(module: ModuleModel, handover: Handover) -> bool:
    """Tell whether a process is started, or may be by others."""
    fate = fate_of(module, handover.call)
    return bool(fate.escapes or fate.used("start"))


def _is_shared_in_vain(module: ModuleModel, node: cst.BaseExpression) -> bool:
    """Tell a lock or the like that a process is given: whether it can be pickled or not, it would be another one there."""
    return any(instance.facts is not None and instance.facts.kind in _SHARED for instance in primitives_of(module.values(node)))


def _sent(handover: Handover) -> Iterator[cst.BaseExpression]:
    """Yield the callable and those of its arguments that can be seen."""
    call, runs = handover.call, handover.runs
    yield handover.target.value
    for given in handover.loose_arguments:
        if not given.star:
            yield given.value
    sequences = [handover.arguments, argument(call, runs.kwargs)]
    if runs.each is not None and not runs.star:
        sequences += rest_arguments(call, runs.each) if runs.each.rest else [argument(call, runs.each)]
    for sequence in sequences:
        if sequence is not None:
            yield from _items(sequence.value)


def _items(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if isinstance(node, (cst.Tuple, cst.List)):
        yield from (element.value for element in node.elements if isinstance(element, cst.Element))
    elif isinstance(node, cst.Dict):
        yield from (element.value for element in node.elements if isinstance(element, cst.DictElement))
