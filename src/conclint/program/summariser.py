"""From a module's model to its summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Where
from conclint.memo import cached_property
from conclint.model.accesses import Access, accesses, accesses_named
from conclint.model.believed import believed_reads, takes_away
from conclint.model.calls import CallSite, calls_of
from conclint.model.circumstances import asks_of_arguments, defined_if
from conclint.model.definitions import is_stub
from conclint.model.elements import given_key, is_of_own_key, is_of_some_key, only_replaces
from conclint.model.filling import time_stored
from conclint.model.given_anew import given_anew
from conclint.model.given_containers import accesses_of_given, arguments_handed_over
from conclint.model.guards import declared_guards, declares_locks
from conclint.model.liveness import Liveness
from conclint.model.loop_border import asks_who_runs
from conclint.model.making import renews_locks
from conclint.model.numbers import numbers, speaks_of_numbers
from conclint.model.words import AccessKind, Stake
from conclint.program.calling import Calls
from conclint.program.definitions import class_fact, exports_of, imports_of, is_exported, sees_to_itself
from conclint.program.handing_over import HandingOver, kinds_of
from conclint.program.interest import names_of_interest, of_interest
from conclint.program.keys import Keys
from conclint.program.locking import (
    Acquisition,
    acquisitions,
    comes_locked,
    lock_facts,
    makers,
    touches_locks,
)
from conclint.program.operations import Operation, operations
from conclint.program.places import Places
from conclint.program.spawning import Spawned, spawned
from conclint.program.standing import Standing
from conclint.program.summary import (
    AccessFact,
    AcquireFact,
    FunctionFact,
    ModuleSummary,
    OperationFact,
    RootFact,
)
from conclint.syntax.walk import is_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conclint.model import Function, Handover, ModuleModel
    from conclint.syntax import Locator

def summarise(model: ModuleModel, locator: Locator) -> ModuleSummary:
    """Return what the program needs to know of a module."""
    return _Summariser(model, locator).summary()


class _Draft(msgspec.Struct):
    """What is known of a function before positions are worked out."""

    function: Function
    standing: Standing
    accesses: list[Access]
    given: list[Access]
    calls: list[CallSite]
    acquisitions: list[Acquisition]
    operations: list[Operation]
    reported: frozenset[int]
    """The calls, by `id`, that may be reported."""

    def nodes(self) -> Iterator[cst.CSTNode]:
        """Yield all syntax whose position is needed."""
        for access in (*self.accesses, *self.given):
            yield access.node
        for call in self.calls:
            if id(call.node) in self.reported:
                yield call.node
        for acquisition in self.acquisitions:
            yield acquisition.node
        for operation in self.operations:
            yield operation.node


class _Summariser:
    def __init__(self, model: ModuleModel, locator: Locator) -> None:
        self.model = model
        self.locator = locator
        self.liveness = Liveness(model)
        self.keys = Keys(model)
        self.places = Places(model, locator)
        self.calls = Calls(model, self.keys, self.places)
        self._guards = declared_guards(model)
        self._numbers: dict[int, str] = {}
        self._speaks_of_numbers = speaks_of_numbers(model)
        self._refilled: set[str] = set()

    def summary(self) -> ModuleSummary:
        model = self.model
        drafts = self._drafts()
        roots = list(spawned(model))
        joined = [(number, root.site) for number, root in enumerate(roots) if self.liveness.is_joined(root.site)]
        wanted = [node for draft in drafts for node in draft.nodes()]
        handing_over = HandingOver(model)
        made = makers(model)
        wanted += [*(root.node for root in roots), *handing_over.nodes, *made.values()]
        self.locator.find(wanted)
        return ModuleSummary(
            model.source.path,
            model.source.module,
            tuple(self._function(draft) for draft in drafts),
            tuple(class_fact(model, cls, self.keys) for cls in model.classes),
            tuple(self._root(root, joined) for root in roots),
            tuple(lock_facts(model, self.keys, {key: self.places.at(call) for key, call in made.items()})),
            exports_of(model, self.keys),
            tuple(model.tree.root.star_imports),
            imports_of(model),
            {self.keys.of_lock(variable): self.keys.of_lock(lock) for variable, lock in self._guards.items()},
            handing_over.handovers(self.locator),
            handing_over.misfits(self.locator),
        )

    def _drafts(self) -> list[_Draft]:
        model = self.model
        by_function = operations(model)
        forks = any(root.domain is Domain.PROCESS for root in model.roots)
        names = names_of_interest(model, self._locking, with_globals=forks)
        names = names.union(key.rpartition(".")[2].rpartition(":")[2] for key in self._guards)
        drafts = [self._draft(function, names, by_function.get(id(function), [])) for function in model.functions]
        kept = of_interest(drafts, with_globals=forks) | self._guards.keys() | self._numbered(drafts)
        for draft in drafts:
            draft.accesses = [access for access in draft.accesses if access.variable.key in kept]
            self._refilled.update(one.variable.key for one in draft.accesses if one.stake is Stake.REFILL)
            draft.accesses = [*draft.accesses, *believed_reads(model, draft.accesses)]
        return drafts

    def _numbered(self, drafts: Iterable[_Draft]) -> frozenset[str]:
        """Return the variables whose number, of a process or open file, is used in one place and given up in another."""
        done: dict[str, set[str]] = {"uses": set(), "ends": set()}
        for draft in drafts:
            told = numbers(self.model, draft.accesses)
            self._numbers |= told
            for access in draft.accesses if told else ():
                if id(access.node) in told:
                    done[told[id(access.node)]].add(access.variable.key)
        return frozenset(done["uses"] & done["ends"])

    def _draft(self, function: Function, names: frozenset[str], done: list[Operation]) -> _Draft:
        model = self.model
        standing = Standing(model, function, takes_locks=function in self._locking)
        calls = calls_of(model, function)
        return _Draft(
            function,
            standing,
            self._accesses(function, names),
            accesses_of_given(model, function),
            calls,
            list(acquisitions(model, function)) if function in self._locking else [],
            done,
            self._reported(function, standing, calls),
        )

    def _accesses(self, function: Function, names: frozenset[str]) -> list[Access]:
        """Return the accesses in a function of what has one of some names."""
        if function in self._locking or self._speaks_of_numbers:
            return accesses(self.model, function)  # it is asked about all of them anyway
        return accesses_named(self.model, function, names) if not names.isdisjoint(function.named) else []

    @cached_property
    def _locking(self) -> frozenset[Function]:
        """The functions in which a lock may be held: they take one, or call what leaves one taken."""
        return frozenset(touches_locks(self.model))

    def _reported(self, function: Function, standing: Standing, calls: Iterable[CallSite]) -> frozenset[int]:
        """Return the calls, by `id`, of which it may be wrong that they are made: under a lock or without, or in a coroutine."""
        if not function.is_async and not standing.held and not self._assuming:
            return frozenset()
        return frozenset(
            id(call.node)
            for call in calls
            if (
                function.is_async
                or standing.locks(call.node)
                or not self._assuming.isdisjoint(map(id, call.functions))
            )
            and self.calls.is_looked_into(call)
        )

    @cached_property
    def _assuming(self) -> frozenset[int]:
        """The functions, by `id`, that are called under a lock, as their contracts say."""
        return frozenset(id(function) for function in self.model.functions if self.model.locks.assumed(function))

    def _function(self, draft: _Draft) -> FunctionFact:
        function, standing = draft.function, draft.standing
        standing.with_threads(self.liveness, of_process=bool(draft.operations))
        owner = self.keys.of_class(function.cls) if function.cls is not None else ""
        return FunctionFact(
            self.keys.of(function),
            function.qualified_name,
            is_exported(function),
            tuple(
                self._access(function, standing, access)
                for access in draft.accesses
                if standing.is_told(access.node, access.parts)
            ),
            tuple(
                fact
                for call in draft.calls
                for fact in self.calls.facts(function, standing, call, exactly=id(call.node) in draft.reported)
            ),
            tuple(self._acquisition(function, one) for one in draft.acquisitions),
            tuple(self._operation(function, standing, one) for one in draft.operations),
            owner,
            function.is_async,
            is_constructor=function.cls is not None
            and function.name in ("__init__", "__new__", "__post_init__", "__setstate__"),
            assumed=self.keys.of_locks(self.model.locks.assumed(function)),
            declares=declares_locks(self.model, function),
            parameters=tuple(parameter.name.value for parameter in function.parameters),
            kinds=kinds_of(self.model, function),
            assumes_unknown=comes_locked(self.model, function, takes_locks=function in self._locking),
            renews_locks=renews_locks(self.model, function),
            asks_who_runs=asks_who_runs(self.model, function),
            is_stub=function.cls is not None and isinstance(function.node, cst.FunctionDef) and is_stub(function.node),
            given=tuple(
                self._access(function, standing, access)
                for access in draft.given
                if standing.is_told(access.node, access.parts)
            ),
            defined_if=defined_if(self.model, function),
        )

    def _access(self, function: Function, standing: Standing, access: Access) -> AccessFact:
        locks = standing.locks_at_all(access.parts)
        variable = access.variable
        tested = access.kind is AccessKind.CHECK_THEN_ACT
        return AccessFact(
            self.keys.of_any(variable, function),
            variable.label or variable.name,
            access.kind,
            self.places.of(function, access.node),
            self.keys.of_locks(locks),
            standing.is_live(*access.parts),
            variable.base,
            access.element,
            self.keys.of_locks(standing.locks_at_all(access.acts) - locks) if tested or access.believes else (),
            is_literal(access.value) and not isinstance(access.value, cst.SimpleString),
            access.grows,
            access.takes,
            (access.grows or access.kind is AccessKind.ITERATE) and self.model.variables.is_list(variable),
            self._is_returned(access),
            standing.confinement(access.parts),
            method=access.method if access.method and not sees_to_itself(self.model, access.variable) else "",
            believes=access.believes,
            counts=access.counts,
            drains=access.drains,
            voids=takes_away(self.model, access),
            given=access.is_given(function),
            of_some_key=is_of_some_key(access),
            replaces=only_replaces(self.model, access),
            own_key=function.name == "__init__" and is_of_own_key(access, function),
            stake=access.stake,
            fills=access.fills,
            leans=access.leans,
            value=time_stored(self.model, function, access) if variable.key in self._refilled else "",
            key=given_key(self.model, access, function) if access.element and access.kind.compound else "",
            phases=standing.phases(self.keys, access.acts if tested else access.parts),
            number=self._numbers.get(id(access.node), "") if not access.believes else "",
        )

    def _is_returned(self, access: Access) -> bool:
        if access.kind is not AccessKind.READ or access.element:
            return False
        returned = self.model.tree.parent(access.node).__class__ is cst.Return
        return returned and self.model.variables.is_container(access.variable)

    def _acquisition(self, function: Function, one: Acquisition) -> AcquireFact:
        return AcquireFact(
            self.keys.of_lock(one.lock.key),
            self.keys.of_locks(one.held),
            self.keys.of_locks(one.surely),
            self.places.of(function, one.node),
            one.tried,
            one.timed,
            asks_of_arguments(self.model, one.node),
            one.ordered,
        )

    def _operation(self, function: Function, standing: Standing, one: Operation) -> OperationFact:
        locks = self.keys.of_locks(standing.locks(one.node))
        place = self.places.of(function, one.node)
        return one.fact(place, locks, standing.is_live(one.node), self.keys, threads=standing.has_threads(one.node))

    def _root(self, root: Spawned, joined: list[tuple[int, cst.Call | None]]) -> RootFact:
        apart = tuple(number for number, other in joined if self.liveness.are_apart(root.site, other))
        function = self.model.function_at(root.node)
        return RootFact(
            self.keys.of(root.function) if root.function is not None else "",
            root.where,
            root.domain,
            root.many,
            self.places.at(root.node),
            root.lane,
            apart,
            root.symbol,
            root.shares_object,
            tuple(self.keys.of_site(site) for site in root.sites),
            self.keys.of(function) if function is not None else "",
            root.daemon,
            root.object,
            root.awaited,
            self.calls.passed(function, arguments_handed_over(root.handover))
            if function is not None and root.handover is not None
            else (),
            self._pool(root.handover) if root.handover is not None else "",
            root.handover is not None and root.handover.runs.errors == "raised",
            root.outlasts,
            tuple(given_anew(self.model, root.handover)) if root.handover is not None else (),
        )

    def _pool(self, handover: Handover) -> str:
        func = handover.call.func
        if handover.where is not Where.WORKER or not isinstance(func, cst.Attribute):
            return ""
        path = self.model.locks.path(func.value)
        return self.keys.of_lock(path) if path is not None else ""
