"""Where threads meet event loops: what coroutines lead to, and what threads do to loops that are not their own."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from conclint.knowledge.schema import Domain, Primitive, Where
from conclint.memo import cached_property
from conclint.model.words import FOR_LOOP_ONLY
from conclint.program.loop_sharing import SharedBetweenLoops, runners, shared_between_loops
from conclint.source.naming import is_test

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from conclint.draft import Place
    from conclint.program.contexts import Contexts
    from conclint.program.graph import CallGraph
    from conclint.program.locks import LockNames
    from conclint.program.summary import FunctionFact, OperationFact, RootFact
    from conclint.program.waiting import Waiting

_FARTHEST = 400
_THREADS = (Where.THREAD, Where.WORKER, Where.HELPER)
_SHARING = (Domain.THREAD, Domain.ASYNCIO)  # an event loop's executor works with threads
_BLOCKING = (Domain.THREAD, Domain.PROCESS, Domain.HOST)
_LONG = frozenset({"thread", "process", "queue", "event", "future", "child", "time", "input"})
_FAR_OFF = frozenset({"network", "files"})  # long enough whatever the timeout
_SUBMITTING = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
_HAVING_LOOP = frozenset({"asyncio.run", "asyncio.new_event_loop", "asyncio.set_event_loop", "asyncio.Runner"})


class Reached(NamedTuple):
    """An operation of `function`, and the `way` of calls that leads there from `start`."""

    operation: OperationFact
    function: FunctionFact
    start: FunctionFact
    way: tuple[Place, ...]


class Stall(NamedTuple):
    """A coroutine `start` comes, by `way`, to a `place` that may wait for long, and its event loop with it.

    `name` is what it calls, or the lock that it wants and that somebody holds while waiting at `holder`.
    """

    name: str
    place: Place
    start: FunctionFact
    way: tuple[Place, ...]
    holder: Place | None = None


class Loops:
    """Answers about event loops and threads."""

    def __init__(self, graph: CallGraph, contexts: Contexts, locks: LockNames, waiting: Waiting) -> None:
        self._graph = graph
        self._contexts = contexts
        self._locks = locks
        self._waiting = waiting

    def touched_from_threads(self) -> Iterator[tuple[Reached, RootFact]]:
        """Yield what threads without a loop of their own do to one, outside of what is made for that."""
        seen: set[Place] = set()
        for _, root in self._graph.roots:
            if root.where not in _THREADS or root.domain not in _SHARING:
                continue
            starts = [key for key in self._graph.targets(root) if not self._graph.functions[key].is_async]
            reached = self._synchronous(starts)
            if any(_has_loop(operation) for key in reached for operation in self._graph.functions[key].operations):
                continue
            for found in self._operations(reached, _is_of_loop):
                if found.operation.place not in seen:
                    seen.add(found.operation.place)
                    yield found, root

    def handed_to_threads(self) -> Iterator[tuple[OperationFact, FunctionFact]]:
        """Yield what is given to threads to call, though it is for a loop's own thread."""
        for function in self._graph.functions.values():
            for operation in function.operations:
                if operation.word == "handed to thread" and operation.thread_safe is False and not operation.coroutine:
                    yield operation, function

    def own_results(self) -> Iterator[Reached]:
        """Yield the waits of coroutines, calls followed, for what only their own loop can bring about."""
        yield from self._operations(self._in_coroutines, lambda one: one.word == "own loop result")

    def stalls(self) -> Iterator[Stall]:
        """Yield the waits without an end that coroutines come to, calls followed, once for each."""
        told = {found.operation.place for found in self.own_results()}
        for found in self._operations(self._in_coroutines, _blocks):
            if found.operation.place in told:
                continue  # worse than a stall
            if found.operation.waits in _FAR_OFF and self._is_alone(found):
                continue
            if found.operation.place in self._greetings:
                continue
            elsewhere = found.operation.waits in ("thread", "process") and not _is_started_in(found.function, found.operation)
            if not elsewhere and not _is_asked_about(found.operation, found.function, found.start):
                yield Stall(found.operation.name, found.operation.place, found.start, found.way)
        for key, (start, way) in self._in_coroutines.items():
            for fact in self._graph.functions[key].acquires:
                holder = self._held_for_long.get(self._locks.identity(fact.lock))
                if holder is not None and not fact.tried and not fact.timed:
                    yield Stall(self._locks.label(fact.lock), fact.place, self._graph.functions[start], way, holder)

    @cached_property
    def _greetings(self) -> frozenset[Place]:
        """The waits for what a thread says first, in plain functions that have started it: `thread.start(); ready.wait()`."""
        return frozenset(
            wait.place
            for function in self._graph.functions.values()
            if not function.is_async and any(one.word == "start" and one.kind is Primitive.THREAD for one in function.operations)
            for wait in function.operations
            if wait.waits in ("event", "future")
        )

    def _is_alone(self, found: Reached) -> bool:
        """Tell whether nobody else needs the loop: a program that starts reads its certificates, a test does as it likes."""
        started = found.operation.waits == "files" and found.start.key in self._programs
        return started or is_test(found.operation.place.path) or (bool(found.way) and is_test(found.way[0].path))

    @cached_property
    def _programs(self) -> frozenset[str]:
        """The coroutines that a loop is started for: `main` of `asyncio.run(main())`."""
        return frozenset(runner.coroutine for runner in runners(self._graph, self._contexts))

    @cached_property
    def _held_for_long(self) -> dict[str, Place]:
        """The locks that are held somewhere while their holder waits for something else, with that place."""
        return {
            lock: wait.way[-1]
            for wait in self._waiting.long_ones()
            for lock in wait.held
            if wait.operation.waits in _LONG and not _is_asked_about(wait.operation, wait.function)
            if wait.operation.place not in self._greetings
            if not wait.function.is_async
        }

    @cached_property
    def shared(self) -> list[SharedBetweenLoops]:
        """The asyncio objects that the loops of several threads use, each once."""
        return list(shared_between_loops(self._graph, self._contexts, self._locks))

    def kept_in_thread_locals(self) -> Iterator[tuple[OperationFact, FunctionFact, OperationFact]]:
        """Yield what coroutines keep in thread-locals while they await, with a place where one reads it.

        A coroutine that a thread makes may be the only task of that thread's loop.
        """
        reads: dict[str, OperationFact] = {}
        stores = []
        for found in self._operations(self._in_coroutines, lambda one: one.word in ("local get", "local across await")):
            key = f"{found.operation.place.path}:{found.operation.name}"
            if found.operation.word == "local get":
                reads.setdefault(key, found.operation)
            elif not any(context.in_thread for context in self._contexts.of(found.function.key)):
                stores.append((key, found))
        for key, found in stores:
            if key in reads:
                yield found.operation, found.function, reads[key]

    @cached_property
    def _in_coroutines(self) -> dict[str, tuple[str, tuple[Place, ...]]]:
        """What coroutines and a loop's callbacks come to, each with the nearest of them and the way."""
        coroutines = [key for key, function in self._graph.functions.items() if function.is_async]
        callbacks = [key for _, root in self._graph.roots if root.where is Where.LOOP for key in self._graph.targets(root)]
        return self._synchronous((*coroutines, *callbacks))

    def _synchronous(self, starts: Iterable[str]) -> dict[str, tuple[str, tuple[Place, ...]]]:
        """Return the functions that some functions come to without leaving their thread, each with the nearest start.

        Calls of coroutine functions only make coroutines. Code that asks who runs it knows what it does.
        """
        found: dict[str, tuple[str, tuple[Place, ...]]] = {
            key: (key, ()) for key in starts if not self._graph.functions[key].asks_who_runs
        }
        pending = deque(found)
        while pending:
            at = pending.popleft()
            start, way = found[at]
            for edge in self._graph.calls(at):
                callee = self._graph.functions[edge.callee]
                if edge.callee in found or callee.is_async or callee.asks_who_runs:
                    continue
                place = edge.fact.place
                found[edge.callee] = (start, way if place is None else (*way, place))
                pending.append(edge.callee)
        return found

    def _operations(
        self, reached: dict[str, tuple[str, tuple[Place, ...]]], wanted: Callable[[OperationFact], bool]
    ) -> Iterator[Reached]:
        for key, (start, way) in reached.items():
            function = self._graph.functions[key]
            for operation in function.operations:
                if wanted(operation) and not operation.guarded:
                    yield Reached(operation, function, self._graph.functions[start], way)


def _blocks(operation: OperationFact) -> bool:
    if operation.coroutine or operation.domain not in _BLOCKING:
        return False
    if operation.waits in _FAR_OFF:
        return True
    if operation.bounded:
        return False
    if operation.waits in ("thread", "process", "future") and operation.after_await:
        return False  # it may have ended by then
    if operation.kind is Primitive.EVENT_LOOP or operation.name in _HAVING_LOOP:
        return False  # these raise
    return operation.waits in _LONG or (operation.kind is Primitive.CONNECTION and operation.word == "recv")


def _is_asked_about(wait: OperationFact, *functions: FunctionFact) -> bool:
    """Tell whether one of some functions asks whether there is anything to wait for: `queue.empty()`, `future.done()`.

    A future that is passed may be done: callbacks get such ones.
    """
    if wait.waits == "future" and any(wait.label in function.parameters for function in functions):
        return True
    return bool(wait.object) and any(
        one.word == "query" and one.object == wait.object for function in functions for one in function.operations
    )


def _is_started_in(function: FunctionFact, join: OperationFact) -> bool:
    """Tell whether a thread or process is started by who joins it; others have perhaps been told to end."""
    sites = set(join.sites)
    return any(one.word == "start" and not sites.isdisjoint(one.sites) for one in function.operations)


def _has_loop(operation: OperationFact) -> bool:
    return operation.name in _HAVING_LOOP or (operation.kind is Primitive.EVENT_LOOP and operation.word == "run")


def _is_of_loop(operation: OperationFact) -> bool:
    if operation.name in _SUBMITTING:
        return True
    if operation.domain is not Domain.ASYNCIO or operation.kind is None or operation.coroutine:
        return False
    return operation.thread_safe is False and operation.word in FOR_LOOP_ONLY.get(operation.kind, ())
