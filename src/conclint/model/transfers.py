"""What is handed to other processes with the code that runs there."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Where
from conclint.model.arguments import argument, has_star
from conclint.model.lanes import domain_of
from conclint.model.values import FunctionValue, Instance, Items, Partial
from conclint.syntax import BindingKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Class
    from conclint.model.events import Handover, Root
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site, Value, Values

_OWN_PICKLING = ("__getstate__", "__reduce__", "__reduce_ex__", "__getnewargs__", "__getnewargs_ex__")


class Way(enum.Enum):
    """How an object goes over. Only a new process inherits; a task is pickled and sent to a worker that runs already."""

    PROCESS = "process"
    INITIALIZER = "initializer"
    TASK = "task"


class Transferred(msgspec.Struct, frozen=True):
    """A primitive that goes to another process; `node` is the expression in the call that holds it.

    `attribute` is the one that holds it where it goes along with the object of a bound method.
    """

    instance: Instance
    node: cst.BaseExpression
    way: Way
    handover: Handover
    attribute: str = ""


def transferred(module: ModuleModel) -> Iterator[Transferred]:
    """Yield the primitives among what processes, and the tasks and initializers of pools of processes, are given."""
    for handover in module.handovers:
        if domain_of(handover) is not Domain.PROCESS or handover.where not in (Where.PROCESS, Where.WORKER):
            continue
        way = Way.PROCESS if handover.where is Where.PROCESS else Way.TASK
        if handover.runs.initializer:
            way = Way.INITIALIZER
        for node in _given(module, handover):
            for instance in _primitives(module.values(node)):
                yield Transferred(instance, node, way, handover)
        target = handover.target.value
        for name, value in _attributes(module, module.values(target)):
            for instance in _primitives((value,)):
                yield Transferred(instance, target, way, handover, name)


def may_have(module: ModuleModel, root: Root, used: cst.BaseExpression, site: Site) -> bool:
    """Tell whether an object that the code of a root uses may be of this site, when its threads or processes run it.

    What is a parameter of the root's own function is only what the call that brings the root there gives for it, and
    not what other calls do.
    """
    owner = root.function.scope.owner(used.value) if isinstance(used, cst.Name) else None
    if owner is not root.function.scope or not isinstance(used, cst.Name):
        return True
    if any(binding.kind is not BindingKind.PARAMETER for binding in owner.bindings[used.value]):
        return True
    given = [handover for handover in module.handovers if handover.call is root.site]
    if not given or any(has_star(handover.call) for handover in given):
        return True
    return any(
        one.site is site
        for handover in given
        for node in _given(module, handover)
        for one in _primitives(module.values(node))
    )


def _given(module: ModuleModel, handover: Handover) -> Iterator[cst.BaseExpression]:
    """Yield the expressions of what the callable gets: its arguments, one by one where they are written so."""
    if (arguments := handover.arguments) is not None:
        yield from _elements(arguments.value)
    keywords = argument(handover.call, handover.runs.kwargs)
    if keywords is not None:
        yield from _elements(keywords.value)
    for loose in handover.loose_arguments:
        yield loose.value
    each = handover.runs.each
    if each is not None and each.rest:
        yield from (given.value for given in handover.call.args[each.position :] if given.keyword is None)
    elif (items := argument(handover.call, each)) is not None:
        yield items.value
    for value in module.values(handover.target.value):
        if isinstance(value, Partial):
            yield from (given.value for given in value.call.args[1:])


def _elements(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    if isinstance(node, (cst.Tuple, cst.List)):
        return [element.value for element in node.elements]
    if isinstance(node, cst.Dict):
        return [element.value for element in node.elements]
    return [node]


def _primitives(values: Values) -> Iterator[Instance]:
    for value in values:
        if isinstance(value, Instance) and value.facts is not None:
            yield value
        elif isinstance(value, Items):
            yield from _primitives(value.every())


def _attributes(module: ModuleModel, targets: Values) -> Iterator[tuple[str, Value]]:
    """Yield what goes along with a bound method: the attributes that its object surely has when it is pickled."""
    for target in targets:
        cls = target.receiver.cls if isinstance(target, FunctionValue) and target.receiver is not None else None
        if cls is None or not isinstance(target, FunctionValue) or not isinstance(target.receiver, Instance):
            continue
        classes = module.resolver.mro(cls)
        if any(name in one.methods for one in classes for name in _OWN_PICKLING):
            continue
        for owner in classes:
            yield from _made_in_constructor(module, owner)


def _made_in_constructor(module: ModuleModel, cls: Class) -> Iterator[tuple[str, Value]]:
    constructor = cls.methods.get("__init__")
    for name, bindings in cls.attributes.items():
        if len(bindings) == 1 and constructor is not None and bindings[0].scope is constructor.scope:
            yield from ((name, value) for value in module.resolver.binding(bindings[0]))
