"""Objects of asyncio that the event loops of several threads use."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from conclint.knowledge.schema import Domain, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.draft import Place
    from conclint.program.contexts import Context, Contexts
    from conclint.program.graph import CallGraph
    from conclint.program.locks import LockNames
    from conclint.program.summary import FunctionFact, RootFact

_RUNNING = frozenset({"asyncio.run", "asyncio.Runner.run"})
_USING = frozenset(
    {"acquire", "release", "get", "put", "join", "task_done", "wait", "wait_for", "notify", "notify_all", "set"}
)
_GLOBAL = ":global "


class LoopUse(NamedTuple):
    """A use of an asyncio object by `function` on the loop that `runner` runs in `threads`."""

    label: str
    place: Place
    function: FunctionFact
    runner: RootFact
    threads: frozenset[Context]


class SharedBetweenLoops(NamedTuple):
    """`use` is on a loop, and `other` on another one; the same use, where several threads run it."""

    use: LoopUse
    other: LoopUse


def shared_between_loops(graph: CallGraph, contexts: Contexts, locks: LockNames) -> Iterator[SharedBetweenLoops]:
    """Yield the global asyncio objects that coroutines use on the loops of several threads, once for each."""
    uses: dict[str, list[LoopUse]] = defaultdict(list)
    made_in: dict[str, list[RootFact]] = defaultdict(list)
    for _, root in graph.roots:
        if root.where is Where.LOOP and root.made_in:
            made_in[root.made_in].append(root)
    for runner in _runners(graph):
        threads = contexts.of(runner.made_in)
        for key in _on_loop(graph, runner, made_in):
            for identity, use in _uses(graph.functions[key], locks, runner, threads):
                uses[identity].append(use)
    for found in uses.values():
        pair = next(((use, other) for use in found for other in found if _are_apart(use, other)), None)
        if pair is not None:
            yield SharedBetweenLoops(*pair)


def _are_apart(use: LoopUse, other: LoopUse) -> bool:
    """Tell whether the loops of two uses are of different threads, one of which the program starts.

    The one that is reported comes first: of two it is the later one that finds the object bound.
    """
    if use.runner is other.runner:
        return any(thread.many and thread.in_thread for thread in use.threads)
    started = any(thread.in_thread for thread in (*use.threads, *other.threads))
    return started and use.place > other.place and use.threads.isdisjoint(other.threads)


def _runners(graph: CallGraph) -> Iterator[RootFact]:
    """Yield the coroutines that somebody makes a loop run until they end."""
    for _, root in graph.roots:
        function = graph.functions.get(root.made_in)
        if root.where is not Where.LOOP or function is None:
            continue
        for operation in function.operations:
            running = operation.name in _RUNNING or operation.name.endswith(".run_until_complete")
            if running and _is_inside(root.place, operation.place):
                yield root
                break


def _is_inside(inner: Place, outer: Place) -> bool:
    first, last = (inner.span.line, inner.span.column), (inner.span.end_line, inner.span.end_column)
    return (outer.span.line, outer.span.column) <= first and last <= (outer.span.end_line, outer.span.end_column)


def _on_loop(graph: CallGraph, runner: RootFact, made_in: dict[str, list[RootFact]]) -> list[str]:
    """Return the functions that the loop of a runner comes to: by calls, awaited or not, and as tasks and callbacks."""
    found = dict.fromkeys(graph.targets(runner))
    pending = list(found)
    while pending:
        at = pending.pop()
        following = [edge.callee for edge in graph.calls(at)]
        following += [key for root in made_in[at] for key in graph.targets(root)]
        pending += [key for key in following if key not in found]
        found.update(dict.fromkeys(following))
    return list(found)


def _uses(
    function: FunctionFact, locks: LockNames, runner: RootFact, threads: frozenset[Context]
) -> Iterator[tuple[str, LoopUse]]:
    for operation in function.operations:
        ours = operation.domain is Domain.ASYNCIO and operation.name.startswith("asyncio.")
        if ours and operation.word in _USING and _GLOBAL in operation.object:
            use = LoopUse(operation.label, operation.place, function, runner, threads)
            yield locks.identity(operation.object), use
    for fact in function.acquires:
        known = locks.facts.get(fact.lock)
        if known is not None and known.domain is Domain.ASYNCIO and _GLOBAL in fact.lock:
            yield locks.identity(fact.lock), LoopUse(locks.label(fact.lock), fact.place, function, runner, threads)
