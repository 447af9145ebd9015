"""Objects of asyncio that the event loops of several threads use."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from conclint.knowledge.schema import Domain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.draft import Place
    from conclint.program.contexts import Context, Contexts
    from conclint.program.graph import CallGraph
    from conclint.program.locks import LockNames
    from conclint.program.summary import FunctionFact

_RUNNING = frozenset({"asyncio.run", "asyncio.Runner.run"})
_USING = frozenset(
    {"acquire", "release", "get", "put", "join", "task_done", "wait", "wait_for", "notify", "notify_all", "set"}
)
_GLOBAL = ":global "
_GIVING_TO_OTHERS = "asyncio.run_coroutine_threadsafe"


class Runner(NamedTuple):
    """A call at `place` in which a loop runs a coroutine until it ends, and the threads that make it."""

    place: Place
    coroutine: str
    threads: frozenset[Context]


class LoopUse(NamedTuple):
    """A use of an asyncio object by `function`, on the loop of `runner`."""

    label: str
    place: Place
    function: FunctionFact
    runner: Runner


class SharedBetweenLoops(NamedTuple):
    """`use` is on a loop, and `other` on another one; the same use, where several threads run it."""

    use: LoopUse
    other: LoopUse


def shared_between_loops(graph: CallGraph, contexts: Contexts, locks: LockNames) -> Iterator[SharedBetweenLoops]:
    """Yield the global asyncio objects that coroutines use on the loops of several threads, once for each."""
    uses: dict[str, list[LoopUse]] = defaultdict(list)
    for runner in runners(graph, contexts):
        for key in _on_loop(graph, runner):
            for identity, use in _uses(graph.functions[key], locks, runner):
                uses[identity].append(use)
    for found in uses.values():
        pair = next(((use, other) for use in found for other in found if _are_apart(use, other)), None)
        if pair is not None:
            yield SharedBetweenLoops(*pair)


def _are_apart(use: LoopUse, other: LoopUse) -> bool:
    """Tell whether the loops of two uses are of different threads, one of which the program starts.

    The one that is reported comes first: of two it is the later one that finds the object bound.
    """
    one, two = use.runner.threads, other.runner.threads
    if use.runner is other.runner:
        return any(thread.many and thread.in_thread for thread in one) or len(_started(one)) > 1
    return use.place > other.place and bool(_started(one | two)) and one.isdisjoint(two)


def _started(threads: frozenset[Context]) -> set[int]:
    return {thread.number for thread in threads if thread.in_thread}


def runners(graph: CallGraph, contexts: Contexts) -> Iterator[Runner]:
    """Yield the calls that run a coroutine on a loop of their own until it ends."""
    for key, function in graph.functions.items():
        for operation in function.operations:
            if operation.name in _RUNNING or operation.name.endswith(".run_until_complete"):
                for edge in graph.calls(key):
                    if graph.functions[edge.callee].is_async and _is_within(edge.fact.place, operation.place):
                        yield Runner(operation.place, edge.callee, contexts.of(key))


def _is_within(inner: Place | None, outer: Place) -> bool:
    return inner is not None and outer.span.line <= inner.span.line <= outer.span.end_line


def _on_loop(graph: CallGraph, runner: Runner) -> list[str]:
    """Return the functions that come to run on the loop of a runner: called, awaited or made a task there."""
    found = {runner.coroutine: None}
    pending = [runner.coroutine]
    while pending:
        at = pending.pop()
        given = [one.place for one in graph.functions[at].operations if one.name == _GIVING_TO_OTHERS]
        for edge in graph.calls(at):
            elsewhere = any(_is_within(edge.fact.place, place) for place in given)
            if not elsewhere and edge.callee not in found:
                found[edge.callee] = None
                pending.append(edge.callee)
    return list(found)


def _uses(function: FunctionFact, locks: LockNames, runner: Runner) -> Iterator[tuple[str, LoopUse]]:
    for operation in function.operations:
        ours = operation.domain is Domain.ASYNCIO and operation.name.startswith("asyncio.")
        if ours and operation.word in _USING and _GLOBAL in operation.object:
            yield locks.identity(operation.object), LoopUse(operation.label, operation.place, function, runner)
    for fact in function.acquires:
        known = locks.facts.get(fact.lock)
        if known is not None and known.domain is Domain.ASYNCIO and _GLOBAL in fact.lock:
            yield locks.identity(fact.lock), LoopUse(locks.label(fact.lock), fact.place, function, runner)
