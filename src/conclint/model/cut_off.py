"""Processes that are stopped by force while they may be using what others need afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Primitive
from conclint.model.events import primitives_of
from conclint.model.flow import after
from conclint.model.graph import OpKind
from conclint.model.locks import LOCKING
from conclint.model.transfers import may_have

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conclint.model.definitions import Function
    from conclint.model.events import Event, Root
    from conclint.model.graph import Op
    from conclint.model.module import ModuleModel
    from conclint.model.values import Instance, Site

_STOPPING = ("terminate", "kill")
_LIKELY = ("acquire", "get", "put")
_HARMED_BY = {"get": ("get",), "put": ("get", "put"), "acquire": ("acquire",)}
"""What a process may be cut off in, and what others then wait for: a reader holds the queue's lock for readers."""


class CutOff(msgspec.Struct, frozen=True):
    """`stop` ends a process that may be in the middle of `use`; `later` needs the same object."""

    stop: Event
    use: Use
    later: cst.CSTNode


class Use(msgspec.Struct, frozen=True):
    """Something done to a queue or lock that processes share."""

    word: str
    node: cst.CSTNode
    object: cst.BaseExpression
    site: Site


def cut_off(module: ModuleModel) -> Iterator[CutOff]:
    """Yield the stops of processes after which the same function goes on using, or starts others that use, what the
    process shared. One that was asked to end, and waited for, comes first to its own end.
    """
    stops = [event for word in _STOPPING for event in module.events_of(word, Primitive.PROCESS)]
    for stop in stops:
        function = module.function_at(stop.node)
        graph = module.graph(function) if function is not None else None
        if graph is None or not isinstance(stop.node, cst.Call) or _is_waited_for(module, stop, stop.instances):
            continue
        uses = sorted(_uses_of(module, module.runners.behind(stop.instances)), key=lambda use: _LIKELY.index(use.word))
        for op in after(graph, stop.node, lambda _: False) if uses else ():
            found = next((use for use in uses if _needs(module, op, use)), None)
            if found is not None:
                yield CutOff(stop, found, op.node)
                break


def _is_waited_for(module: ModuleModel, stop: Event, instances: Iterable[Instance]) -> bool:
    """Tell whether the process is joined before, for a while: then it is only stopped if it does not end by itself."""
    function = module.function_at(stop.node)
    graph = module.graph(function) if function is not None else None
    sites = {id(one.site) for one in instances}
    for join in module.events_of("join", Primitive.PROCESS):
        if graph is not None and module.function_at(join.node) is function and isinstance(join.node, cst.Call):
            if sites & {id(one.site) for one in join.instances} and join.node.args:
                if any(op.node is stop.node for op in after(graph, join.node, lambda _: False)):
                    return True
    return False


def _uses_of(module: ModuleModel, roots: list[Root]) -> Iterator[Use]:
    for function in module.functions:
        here = [root for root in roots if root in module.runners.processes(function)]
        for use in _uses_in(module, function) if here else ():
            if any(may_have(module, root, use.object, use.site) for root in here):
                yield use


def _uses_in(module: ModuleModel, function: Function) -> Iterator[Use]:
    """Yield what a function's own code does with queues and locks of processes, other than a manager's."""
    for scope in function.scope.walk():
        if scope.execution is not function.scope:
            continue
        for statement in scope.withs:
            for item in statement.items:
                yield from _use(module, "acquire", item, item.item)
        for call in scope.calls:
            func = call.func
            word = {"get_nowait": "get", "put_nowait": "put"}.get(name := _method(func), name)
            if word in _HARMED_BY and isinstance(func, cst.Attribute):
                yield from _use(module, word, call, func.value)


def _use(module: ModuleModel, word: str, node: cst.CSTNode, of: cst.BaseExpression) -> Iterator[Use]:
    for one in primitives_of(module.values(of)):
        site = one.site
        if site is None or site.domain is not Domain.PROCESS or site.facts.proxy:
            continue
        if site.kind is Primitive.QUEUE if word != "acquire" else site.kind in LOCKING:
            yield Use(word, node, of, site)


def _needs(module: ModuleModel, op: Op, use: Use) -> bool:
    """Tell whether a step uses what a process was cut off from, or starts another process that does."""
    node = op.node
    if op.kind is OpKind.ENTER and isinstance(node, cst.WithItem):
        return use.word == "acquire" and any(_is_same(one, use) for one in _use(module, "acquire", node, node.item))
    if op.kind is not OpKind.CALL or not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
        return False
    name = _method(node.func)
    if name == "start":
        others = module.runners.behind(primitives_of(module.values(node.func.value)))
        return any(_is_same(one, use) for one in _uses_of(module, others))
    word = {"get_nowait": "get", "put_nowait": "put"}.get(name, name)
    return word in _HARMED_BY and any(_is_same(one, use) for one in _use(module, word, node, node.func.value))


def _is_same(later: Use, use: Use) -> bool:
    return later.site is use.site and later.word in _HARMED_BY[use.word]


def _method(func: cst.BaseExpression) -> str:
    return func.attr.value if isinstance(func, cst.Attribute) else ""
