"""Consumers of queues that nothing can bring to an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Where
from conclint.model.calls import calls_of
from conclint.model.daemons import is_daemon_root
from conclint.model.flow import place_of
from conclint.model.graph import OpKind
from conclint.model.patience import waits_for_ever

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.events import Event, Root
    from conclint.model.graph import Block, Graph
    from conclint.model.module import ModuleModel
    from conclint.model.queue_ends import Queue

_EXITS = ("sys.exit", "builtins.exit", "builtins.quit")
_ENDS_PROCESS = frozenset({"os._exit", "os.abort", "os.kill", "signal.raise_signal"})


class EndlessConsumer(msgspec.Struct, frozen=True):
    """`get` waits, in a loop without a way out, in a thread or process of `root`, which the program's end waits for."""

    get: Event
    function: Function
    root: Root


def endless_consumers(module: ModuleModel) -> Iterator[EndlessConsumer]:
    """Yield the consumers that can only be ended by killing the program."""
    candidates = [queue for queue in module.queues if queue.of("get") and not queue.of("shutdown")]
    roots = [root for root in module.roots if _is_waited_for(module, root)] if candidates else []
    if not roots or _ends_by_force(module):
        return
    seen: set[int] = set()
    for root in roots:
        for function in _runs(module, root):
            for get in _gets(candidates, function):
                if id(get.node) not in seen and _has_no_way_out(module, function, get):
                    seen.add(id(get.node))
                    yield EndlessConsumer(get, function, root)


def _is_waited_for(module: ModuleModel, root: Root) -> bool:
    """Tell threads and processes that are surely no daemons, and that nobody is seen to kill."""
    if root.where not in (Where.THREAD, Where.PROCESS) or is_daemon_root(module, root) is not False:
        return False
    return root.domain is not Domain.PROCESS or not (
        module.events_of("terminate") or module.events_of("kill")
    )


def _ends_by_force(module: ModuleModel) -> bool:
    return any(module.symbol(call.func) in _ENDS_PROCESS for scope in module.scopes for call in scope.calls)


def _runs(module: ModuleModel, root: Root) -> Iterator[Function]:
    """Yield a root's function and those it calls, unless it catches there what they raise to stop."""
    yield root.function
    for site in calls_of(module, root.function):
        if not any(isinstance(outer, cst.Try) and outer.handlers for outer in module.tree.ancestors(site.node)):
            yield from site.functions


def _gets(queues: list[Queue], function: Function) -> Iterator[Event]:
    for queue in queues:
        for end in queue.of("get"):
            facts = end.event.facts
            if end.function is function and facts is not None and waits_for_ever(end.event.node, facts.blocks):
                yield end.event


def _has_no_way_out(module: ModuleModel, function: Function, get: Event) -> bool:
    graph = module.graph(function)
    assert isinstance(get.node, cst.Call)
    place = place_of(graph, get.node) if graph is not None else None
    if graph is None or place is None or function.is_generator:
        return False
    start, pending, seen = place[0], [place[0]], set[int]()
    while pending:
        block = pending.pop()
        if id(block) not in seen:
            seen.add(id(block))
            if block is graph.returned or _leaves(module, graph, block):
                return False
            pending.extend(edge.target for edge in block.edges)
            if block.handler is not None:
                pending.append(block.handler)
    return any(edge.target is start for block in graph.blocks if id(block) in seen for edge in block.edges)


def _leaves(module: ModuleModel, graph: Graph, block: Block) -> bool:
    """Tell a block that raises on purpose; that something in it may fail is no way to stop."""
    last = block.ops[-1] if block.ops else None
    if last is None or not any(edge.explicit_raise and edge.target is graph.raised for edge in block.edges):
        return False
    exits = isinstance(last.node, cst.Call) and module.symbol(last.node.func) in _EXITS
    return last.kind is OpKind.RAISE or exits
