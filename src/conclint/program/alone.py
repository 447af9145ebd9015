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
        if function.key in self._starters:
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
        modules = {key for key, function in self._graph.functions.items() if not function.name}
        alone = self._called_alone(_IN_MAIN, self._makers | modules)
        return {Runner.USER: alone, Runner.MAIN: alone | self._called_alone({Runner.MAIN}, self._starters)}

    def _called_alone(self, runners: AbstractSet[Runner], ordered: AbstractSet[str]) -> frozenset[str]:
        """Return the functions that some runners only call before they start threads, from `ordered` code or each other."""
        of = self._contexts.of
        run = {key for key in self._graph.functions if any(context.runner in runners for context in of(key))}
        callers: dict[str, set[str]] = {}
        for key, edges in self._graph.callers.items():
            calls = [edge for edge in edges if edge.caller in run]
            if calls and not any(edge.fact.live for edge in calls):
                callers[key] = {edge.caller for edge in calls} - ordered
        alone = set(callers)
        changed = True
        while changed:
            entered = {key for key in alone if not callers[key] <= alone}
            alone -= entered
            changed = bool(entered)
        return frozenset(alone)

    @cached_property
    def _starters(self) -> frozenset[str]:
        """The functions in which threads are seen to start, so that their order of events is the program's."""
        return self._makers.union(
            key
            for key, function in self._graph.functions.items()
            if any(access.live for access in function.accesses) or any(call.live for call in function.calls)
        )

    @cached_property
    def _makers(self) -> frozenset[str]:
        return frozenset(root.made_in for _, root in self._graph.roots)
