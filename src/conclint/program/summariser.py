"""From a module's model to its summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.draft import Place
from conclint.model.accesses import Access, global_writes
from conclint.model.liveness import Liveness
from conclint.program.summary import AccessFact, CallFact, FunctionFact, ModuleSummary, RootFact
from conclint.syntax import ScopeKind

if TYPE_CHECKING:
    from conclint.model import Function, ModuleModel, Root
    from conclint.syntax import Locator


def summarise(model: ModuleModel, locator: Locator) -> ModuleSummary:
    """Return what the program needs to know of a module; empty when nothing of it runs in another thread."""
    if not model.roots:
        return ModuleSummary(model.source.path)
    return _Summariser(model, locator).summary()


class _Summariser:
    def __init__(self, model: ModuleModel, locator: Locator) -> None:
        self.model = model
        self.locator = locator
        self.liveness = Liveness(model)

    def summary(self) -> ModuleSummary:
        model = self.model
        accesses = {id(function): tuple(global_writes(model, function)) for function in model.functions}
        nodes: list[cst.CSTNode] = [access.node for found in accesses.values() for access in found]
        if not nodes:
            return ModuleSummary(model.source.path)
        self.locator.find([*nodes, *(root.node for root in model.roots)])
        functions = tuple(self._function(function, accesses[id(function)]) for function in model.functions)
        labels = {self._key(key): lock.label for key, lock in model.locks.by_key.items()}
        return ModuleSummary(model.source.path, functions, tuple(self._root(root) for root in model.roots), labels)

    def _function(self, function: Function, accesses: tuple[Access, ...]) -> FunctionFact:
        model = self.model
        calls = [
            (call, called)
            for scope in function.scope.walk()
            if scope.execution is function.scope
            for call in scope.calls
            if (called := model.called_function(call)) is not None
        ]
        held = model.locks.held_at(function) if accesses or calls else {}
        live = self.liveness.live_at(function) if accesses or calls else {}
        return FunctionFact(
            self._name(function),
            function.qualified_name,
            self._is_exported(function),
            tuple(self._access(function, access, held, live) for access in accesses),
            tuple(
                CallFact(self._name(called), self._locks(held.get(id(call))), live.get(id(call), True))
                for call, called in calls
            ),
        )

    def _access(
        self, function: Function, access: Access, held: dict[int, frozenset[str]], live: dict[int, bool]
    ) -> AccessFact:
        locks = held.get(id(access.node), frozenset())
        for read in access.reads:
            locks &= held.get(id(read), locks)
        place = Place(
            self.model.source.path,
            self.model.source.in_document(self.locator.span(access.node)),
            function.qualified_name,
        )
        variable = f"{self.model.source.path}:{access.name}"
        return AccessFact(
            variable, access.name, access.kind, place, self._locks(locks), live.get(id(access.node), True)
        )

    def _root(self, root: Root) -> RootFact:
        span = self.model.source.in_document(self.locator.span(root.node))
        place = Place(self.model.source.path, span, self.model.context_of(root.node))
        apart = tuple(
            number
            for number, other in enumerate(self.model.roots)
            if root.site is not None
            and other.site is not None
            and self.liveness.are_apart(root.site, other.site)
        )
        return RootFact(self._name(root.function), root.where, root.domain, root.many, place, root.lane, apart)

    def _is_exported(self, function: Function) -> bool:
        parent = function.scope.parent
        nested = parent is not None and parent.is_callable
        return function.is_module or not (nested or function.name.startswith("_") or function.name == "<lambda>"
                                          or function.scope.kind is ScopeKind.LAMBDA)

    def _name(self, function: Function) -> str:
        # Lambdas and redefinitions share names, so the place in the module tells them apart.
        index = self._indices().get(id(function), 0)
        return f"{self.model.source.path}:{function.qualified_name}#{index}"

    def _indices(self) -> dict[int, int]:
        if not hasattr(self, "_index"):
            self._index = {id(function): number for number, function in enumerate(self.model.functions)}
        return self._index

    def _locks(self, keys: frozenset[str] | None) -> tuple[str, ...]:
        return tuple(sorted(self._key(key) for key in keys or ()))

    def _key(self, key: str) -> str:
        return f"{self.model.source.path}:{key}"
