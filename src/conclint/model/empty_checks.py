"""Asking a queue whether it is empty, and acting on an answer that may be out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Primitive
from conclint.model.daemons import is_daemon_root
from conclint.model.flow import after
from conclint.model.graph import OpKind
from conclint.model.paths import explore, outcome
from conclint.model.patience import waits_for_ever
from conclint.model.takes import loop_around, own_calls
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conclint.model.definitions import Function
    from conclint.model.events import Event, Root
    from conclint.model.graph import Graph, Op
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Facts, State
    from conclint.model.queue_ends import End, Queue

_SIZES = {"empty": False, "qsize": True}
"""The questions, and which answer says that there is something in the queue."""
_UNRELIABLE = frozenset({"multiprocessing.Queue", "multiprocessing.JoinableQueue"})
"""What is put there is on its way for a while: a thread of the putting process writes it into a pipe."""


class StaleAnswer(msgspec.Struct, frozen=True):
    """`get` is called because `question` was answered, and `others`, two roots that run at once, can come in between."""

    question: Event
    get: Event
    others: tuple[Root, Root]


class EarlyEnd(msgspec.Struct, frozen=True):
    """A loop that is over when `question` says that the queue is empty, while `producer` may still be filling it."""

    question: Event
    get: Event
    producer: cst.CSTNode


def stale_answers(module: ModuleModel) -> Iterator[StaleAnswer]:
    """Yield the gets that trust an answer which another consumer can make wrong meanwhile, without a lock around both.

    Threads that the end of the program does not wait for may wait for ever.
    """
    told: set[int] = set()
    for queue in module.queues:
        if queue.site.domain is Domain.ASYNCIO:
            continue  # nothing else runs between a question and a get that finds something
        for get, question in _trusting(module, queue):
            consumers = {id(root): root for end in queue.of("get") for root in end.roots}
            others = module.runners.together(get.roots, consumers.values())
            if others is None or any(is_daemon_root(module, root) is not False for root in others):
                continue
            held = module.locks.held_at(get.function)
            guarded = held.get(id(get.event.node), frozenset()) & held.get(id(question.node), frozenset())
            if not guarded and id(get.event.node) not in told:
                told.add(id(get.event.node))
                yield StaleAnswer(question, get.event, others)


def early_ends(module: ModuleModel) -> Iterator[EarlyEnd]:
    """Yield the loops that empty a queue of processes in the function that has the queue filled, before that is over."""
    told: set[int] = set()
    for queue in module.queues:
        if queue.site.type_name not in _UNRELIABLE:
            continue
        for get, question in _trusting(module, queue):
            loop = loop_around(module, get.event.node)
            if isinstance(loop, cst.While) and loop_around(module, loop) is None:
                if any(part is question.node for part in descendants(loop.test)):
                    producer = _producer(module, queue, get.function, question)
                    if producer is not None and id(question.node) not in told:
                        told.add(id(question.node))
                        yield EarlyEnd(question, get.event, producer)


def _trusting(module: ModuleModel, queue: Queue) -> Iterator[tuple[End, Event]]:
    """Yield the gets that are only reached when a question came out so that there is something to get."""
    questions = {
        id(end.event.node): end.event for end in queue.of("query") if end.event.method in _SIZES
    }
    gets = {id(end.event.node): end for end in queue.of("get") if _needs_something(module, end.event)}
    functions = {id(end.function): end.function for end in gets.values()}
    for function in functions.values() if questions else ():
        asked = [questions[id(call)] for call in own_calls(function) if id(call) in questions]
        graph = module.graph(function) if asked else None
        if graph is None:
            continue
        found: dict[int, Event] = {}

        def see(op: Op, states: Mapping[State, Facts], asked: list[Event] = asked, found: dict[int, Event] = found) -> None:
            if op.kind is OpKind.CALL and id(op.node) in gets:
                known = frozenset.intersection(*states.values())
                for event in asked:
                    if _names(module, event) & known:
                        found.setdefault(id(op.node), event)

        exploration = explore(graph, None, lambda _op, _state: None, module.conditions)
        exploration.visit(see)
        yield from ((gets[key], event) for key, event in found.items())


def _names(module: ModuleModel, question: Event) -> frozenset[tuple[str, bool]]:
    """Return the conditions, as paths know them, under which a question was answered with "something is there"."""
    call = question.node
    assert isinstance(call, cst.Call)
    there = _SIZES[question.method]
    text = module.code(call)
    compared = {(f"{text} > 0", True), (f"{text} >= 1", True), (f"{text} == 0", False)} if there else set()
    return frozenset({(outcome(call), there), *compared})


def _needs_something(module: ModuleModel, get: Event) -> bool:
    """Tell a get that waits for ever on an empty queue, or raises what nobody catches there."""
    if not isinstance(get.node, cst.Call):
        return False
    if get.facts is not None and waits_for_ever(get.node, get.facts.blocks):
        return True
    around: cst.CSTNode = get.node
    for outer in module.tree.ancestors(get.node):
        if isinstance(outer, cst.Try) and outer.handlers and around is outer.body:
            return False
        if isinstance(outer, (cst.FunctionDef, cst.Lambda, cst.With)):
            return isinstance(outer, (cst.FunctionDef, cst.Lambda))
        around = outer
    return True


def _producer(module: ModuleModel, queue: Queue, function: Function, question: Event) -> cst.CSTNode | None:
    """Return what has the queue filled before it is asked, with nothing between that waits for it to be over."""
    graph = module.graph(function)
    if graph is None:
        return None
    filling = {id(root.site) for end in queue.of("put") for root in end.processes if root is not None}
    ending = {id(event.node) for event in module.events if event.word in ("join", "result", "get")} - {
        id(end.event.node) for end in queue.ends
    }
    starts = [
        event.node
        for event in module.events_of("start", Primitive.PROCESS)
        if any(one.site is not None and id(one.site.call) in filling for one in event.instances)
    ]
    puts = [end.event.node for end in queue.of("put") if end.function is function]
    for start in (*starts, *puts):
        if isinstance(start, cst.Call) and module.function_at(start) is function:
            steps = [op.node for op in after(graph, start, lambda _: False) if op.kind is OpKind.CALL]
            ends = [node for node in steps if id(node) in ending and isinstance(node, cst.Call)]
            if question.node in steps and not any(_comes_after(graph, question.node, end) for end in ends):
                return start
    return None


def _comes_after(graph: Graph, later: cst.CSTNode, call: cst.Call) -> bool:
    return any(op.node is later for op in after(graph, call, lambda _: False))
