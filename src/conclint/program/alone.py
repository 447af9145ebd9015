"""Which functions the main thread only calls while no other thread runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.memo import cached_property
from conclint.program.contexts import Runner

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from conclint.program.contexts import Contexts
    from conclint.program.graph import CallGraph
    from conclint.program.summary import AccessFact, FunctionFact

_IN_MAIN = frozenset({Runner.MAIN, Runner.USER})


class Alone:
    """Answers what is done before the first thread starts and after the last one has ended."""

    def __init__(self, graph: CallGraph, contexts: Contexts) -> None:
        self._graph = graph
        self._contexts = contexts

    def at(self, fact: AccessFact, function: FunctionFact) -> frozenset[Runner]:
        """Return of the main thread and its unseen stand-in those who are alone when they make an access."""
        if fact.live:
            return frozenset()
        if self._starts_threads(function):
            return _IN_MAIN
        return frozenset(runner for runner, alone in self._functions.items() if function.key in alone)

    def is_set_up(self, function: str) -> bool:
        """Tell a function by its key that nobody in the main thread, seen or not, calls while other threads run."""
        return function in self._functions[Runner.USER]

    @cached_property
    def _functions(self) -> dict[Runner, frozenset[str]]:
        """Functions that are only called while no other thread runs: by the seen main thread, and by unseen users too.

        Of a main thread that is seen to start the others all is known that it does before, whoever else may call the same;
        users may call what starts threads through others again while these are running.
        """
        functions = self._graph.functions.items()
        starters = {key for key, function in functions if self._starts_threads(function)}
        modules = {key for key, function in functions if not function.name}
        alone = self._called_alone(_IN_MAIN, self._makers | modules)
        return {Runner.USER: alone, Runner.MAIN: alone | self._called_alone({Runner.MAIN}, starters)}

    def _called_alone(self, runners: AbstractSet[Runner], ordered: AbstractSet[str]) -> frozenset[str]:
        """Return the functions that some runners only call before they start threads, from `ordered` code or each other."""
        graph = self._graph
        alone = {key for key in graph.functions if graph.callers.get(key)}
        changed = True
        while changed:
            changed = False
            for key in list(alone):
                calls = [
                    edge
                    for edge in graph.callers[key]
                    if any(context.runner in runners for context in self._contexts.of(edge.caller))
                ]
                entered = not calls or any(edge.fact.live for edge in calls)
                if entered or not all(edge.caller in alone or edge.caller in ordered for edge in calls):
                    alone.discard(key)
                    changed = True
        return frozenset(alone)

    def _starts_threads(self, function: FunctionFact) -> bool:
        """Tell a function in which threads are seen to start, so that its order of events is the program's."""
        return (
            any(access.live for access in function.accesses)
            or any(call.live for call in function.calls)
            or function.key in self._makers
        )

    @cached_property
    def _makers(self) -> frozenset[str]:
        return frozenset(root.made_in for _, root in self._graph.roots)
