"""What the program asks of modules that nobody has read yet: those whose text says nothing of concurrency.

What other threads run may lead into such modules, and classes that threads use may inherit from there; then what they
keep is shared as well. And what an event loop runs may wait in them.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from conclint.knowledge.schema import Domain, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program.graph import CallGraph
    from conclint.program.program import Program
    from conclint.program.summary import FunctionFact, RootFact

_THREADS = (Where.THREAD, Where.WORKER, Where.HELPER)
_ELSEWHERE = (*_THREADS, Where.PROCESS, Where.INTERPRETER)


class Use(enum.Enum):
    """What is done with something of another module."""

    __hash__ = object.__hash__  # that of enum.Enum is written in Python

    HANDED_OVER = "handed over"  # another thread or process runs it
    CALLED = "called"  # by what a thread runs
    OWN = "own"  # called by what a thread runs, of an object of its own or one that may be another each time
    INHERITED = "inherited"  # by a class that threads use
    ON_LOOP = "on loop"  # called by what an event loop runs, which must not wait


class Wish(NamedTuple):
    """The module at `path` is wanted for the `use` of what `steps` lead to in it: a name, `()` for a call, a method."""

    path: str
    steps: tuple[str, ...]
    use: Use

    @property
    def order(self) -> tuple[str, tuple[str, ...], str]:
        """Wishes sort by this."""
        return self.path, self.steps, self.use.value


def wishes(program: Program) -> list[Wish]:
    """Return what a program wants to know of its unread modules, sorted."""
    graph = program.graph
    threads = any(root.where in _ELSEWHERE for _, root in graph.roots)
    if not threads and not any(function.is_async for function in graph.functions.values()):
        return []
    return sorted(set(_Search(graph).wishes()), key=lambda wish: wish.order)


class _Search:
    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph
        self._linker = graph.linker

    def wishes(self) -> Iterator[Wish]:
        pending: list[str] = []
        for _, root in self._graph.roots:
            targets = self._graph.targets(root)
            if not targets and root.where in _ELSEWHERE:
                yield from self._wish(root.symbol, root.made_in, Use.HANDED_OVER)
            if _runs_in_thread(root):
                pending += targets
        reached = self._reached(pending)
        for key in reached:
            yield from self._calls(self._graph.functions[key])
        loops = [root for _, root in self._graph.roots if root.where is Where.LOOP]
        on_loop = [key for key, function in self._graph.functions.items() if function.is_async]
        for key in self._reached([*on_loop, *(key for root in loops for key in self._graph.targets(root))]):
            for call in self._graph.functions[key].calls:
                if not call.callee:
                    yield from self._wish(call.symbol, key, Use.ON_LOOP)
        yield from self._under_locks()
        yield from self._bases({self._graph.functions[key].owner for key in reached} - {""})

    def _reached(self, pending: list[str]) -> dict[str, None]:
        """Return some functions and all that they come to."""
        found: dict[str, None] = {}
        while pending:
            key = pending.pop()
            if key not in found:
                found[key] = None
                pending += [edge.callee for edge in self._graph.calls(key)]
        return found

    def _calls(self, function: FunctionFact) -> Iterator[Wish]:
        for call in function.calls:
            if not call.callee:
                use = Use.OWN if call.receiver in ("fresh", "other") else Use.CALLED
                yield from self._wish(call.symbol, function.key, use)

    def _under_locks(self) -> Iterator[Wish]:
        """Yield the objects of a class with which it works under a lock: their state may be what the lock is for."""
        locking = self._graph.locking_classes
        for key, function in self._graph.functions.items():
            for call in function.calls if function.owner in locking else ():
                if call.locks and call.receiver == "part" and not call.callee:
                    yield from self._wish(call.symbol, key, Use.CALLED)

    def _bases(self, classes: set[str]) -> Iterator[Wish]:
        for key in classes:
            for each in self._linker.order(key):
                for base in self._linker.classes[each].bases:
                    if base not in self._linker.classes:
                        yield from self._wish(base, each, Use.INHERITED)

    def _wish(self, symbol: str, user: str, use: Use) -> Iterator[Wish]:
        path, steps = self._linker.beyond(symbol, user)
        if path:
            yield Wish(path, steps, use)


def _runs_in_thread(root: RootFact) -> bool:
    return root.where in _THREADS and root.domain in (Domain.THREAD, Domain.ASYNCIO)
