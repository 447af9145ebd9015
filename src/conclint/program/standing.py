"""What holds at the places of one function: locks, threads that run, what is behind it; asked once a function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.memo import cached_property
from conclint.model.confined import confined_at
from conclint.model.optional_locks import chosen_withs
from conclint.model.phases import phases_at
from conclint.model.words import Confinement
from conclint.program.phase_facts import phase_facts

if TYPE_CHECKING:
    from collections.abc import Collection

    import libcst as cst

    from conclint.model import Function, ModuleModel
    from conclint.model.liveness import Liveness
    from conclint.model.phases import Phase
    from conclint.program.keys import Keys
    from conclint.program.summary import PhaseFact

NO_LOCKS: frozenset[str] = frozenset()


class Standing:
    """Answers about the nodes of a function; `takes_locks` tells whether a lock may be held in it at all."""

    def __init__(self, model: ModuleModel, function: Function, *, takes_locks: bool) -> None:
        self._model = model
        self._function = function
        self._takes_locks = takes_locks
        self._held = model.locks.held_at(function) if takes_locks else {}
        self._live: dict[int, bool] = {}
        self._threads: dict[int, bool] = {}

    def with_threads(self, liveness: Liveness, *, of_process: bool) -> None:
        """Find out which threads may be running where, with `of_process` also those of this very process apart."""
        if liveness.starts_any(self._function):
            self._live = liveness.live_at(self._function)
            self._threads = liveness.threads_at(self._function) if self._live and of_process else {}

    @property
    def held(self) -> dict[int, frozenset[str]]:
        """The keys of the locks that are surely held, by `id` of the node; what is left out is not reached."""
        return self._held

    def locks(self, node: cst.CSTNode) -> frozenset[str]:
        """Return the keys of the locks that are surely held at a node."""
        return self._held.get(id(node), NO_LOCKS)

    def locks_at_all(self, nodes: Collection[cst.CSTNode]) -> frozenset[str]:
        """Return the keys of the locks that are held at each of some nodes that are reached."""
        held = self._held
        reached = [held[id(node)] for node in nodes if id(node) in held] if held else []
        return frozenset.intersection(*reached) if reached else NO_LOCKS

    def is_told(self, node: cst.CSTNode, parts: Collection[cst.CSTNode]) -> bool:
        """Tell whether the locks that are held at the parts of an access are known: unknown means silent."""
        choosing = self._choosing
        if choosing and any(outer is statement for outer in self._model.tree.ancestors(node) for statement in choosing):
            return False
        return not self._takes_locks or any(id(part) in self._held for part in parts)

    def is_live(self, *nodes: cst.CSTNode) -> bool:
        """Tell whether a thread that the function has started may be running at one of some nodes."""
        return bool(self._live) and any(self._live.get(id(node), False) for node in nodes)

    def has_threads(self, node: cst.CSTNode) -> bool:
        """Tell the same of threads of this very process that are seen to be made."""
        return self._threads.get(id(node), False)

    def confinement(self, nodes: Collection[cst.CSTNode]) -> Confinement:
        """Return to which thread the code at some nodes is kept, if it is the same for all."""
        confined = self._confined
        kept = {confined.get(id(node), Confinement.NONE) for node in nodes} if confined else set()
        return kept.pop() if len(kept) == 1 else Confinement.NONE

    def phases(self, keys: Keys, nodes: Collection[cst.CSTNode]) -> tuple[PhaseFact, ...]:
        """Return what the function has behind it at each of some nodes."""
        return phase_facts(keys, self._phases, nodes) if self._phases else ()

    @cached_property
    def _choosing(self) -> list[cst.With]:
        return chosen_withs(self._model, self._function)

    @cached_property
    def _confined(self) -> dict[int, Confinement]:
        return confined_at(self._model, self._function)

    @cached_property
    def _phases(self) -> dict[int, frozenset[Phase]]:
        return phases_at(self._model, self._function)
