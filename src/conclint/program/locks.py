"""The locks of the whole program by their identity, and how they are spoken of."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from conclint.knowledge.schema import Domain, Primitive
from conclint.memo import cached_property

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conclint.draft import Place
    from conclint.program.linking import Linker
    from conclint.program.summary import LockFact, ModuleSummary


_NO_LOCKS: frozenset[str] = frozenset()


class LockNames:
    """Knows a lock under each of its keys: as an inherited attribute, and as an import of another module's."""

    def __init__(self, modules: Iterable[ModuleSummary], linker: Linker) -> None:
        self._linker = linker
        self.facts: dict[str, LockFact] = {lock.key: lock for module in modules for lock in module.locks}
        self._canonical: dict[str, str] = {}

    def canonical(self, keys: Iterable[str]) -> frozenset[str]:
        """Return the identities of some locks."""
        return frozenset(map(self.identity, keys)) if keys else _NO_LOCKS

    def identity(self, key: str) -> str:
        """Return the identity of a lock: the attribute of the most basic class that has it, the global where it is made.

        The lock of another object of the same class, `other._lock`, keeps a mark behind `@`, and a lock out of a
        container its index.
        """
        known = self._canonical.get(key)
        if known is None:
            known = self._canonical[key] = self._identified(key)
        return known

    def _identified(self, key: str) -> str:
        fact = self.facts.get(key)
        if fact is None:
            return key
        if fact.owner:
            mark = key.removeprefix(f"{fact.owner}.{fact.attribute}")
            return f"{self._linker.owner(fact.owner, fact.attribute)}.{fact.attribute}{mark}"
        if fact.symbol:
            module, _, name = fact.symbol.rpartition(".")
            found = self._linker.module(module)
            if found is not None:
                return f"{found.path}:global {name}"
        return key

    def lock_class(self, key: str) -> str:
        """Return the identity without the object: all locks that one attribute of a class may hold, as in lockdep."""
        return self.identity(key).partition("@")[0].partition("[")[0]

    def guards(self, keys: Iterable[str]) -> frozenset[str]:
        """Return what some locks guard with: the lock class, as the same lock may go by the names of two objects.

        An index out of a container stays, for its locks are different ones. A semaphore that others release tells its
        waiter that there is something to do, and guards nothing.
        """
        return frozenset(re.sub(r"@[^\[]*", "", self.identity(key)) for key in keys if not self._is_signal(key))

    def _is_signal(self, key: str) -> bool:
        fact = self.facts.get(key)
        return fact is not None and fact.kind is Primitive.SEMAPHORE and fact.handed_on

    def is_semaphore(self, identity: str) -> bool:
        """Tell a semaphore, which may pass turns on instead of locking."""
        return any(fact.kind is Primitive.SEMAPHORE for fact in self._by_identity.get(identity, ()))

    def domain(self, identity: str) -> Domain:
        """Return between whom a lock works; threads where that is not known."""
        return next((fact.domain for fact in self._by_identity.get(identity, ())), Domain.THREAD)

    def is_known(self, identity: str) -> bool:
        """Tell a lock whose making is in sight; what is only called a lock may be something else."""
        return any(fact.kind is not None for fact in self._by_identity.get(identity, ()))

    def is_of_self(self, key: str) -> bool:
        """Tell a lock that each object has one of, as a method of the object names it."""
        fact = self.facts.get(key)
        return fact is not None and fact.of_self

    def is_of_class(self, identity: str) -> bool:
        """Tell a lock by its identity of which each object of some class has one of its own."""
        return self.lock_class(identity) in self._of_objects

    @cached_property
    def _of_objects(self) -> frozenset[str]:
        found = (key for key, fact in self.facts.items() if fact.owner and fact.own and (fact.of_self or "@" in key))
        return frozenset(map(self.lock_class, found))

    def is_of_function(self, identity: str) -> bool:
        """Tell what only a local variable of one function holds, as far as can be seen, so that it guards nothing of others."""
        if "." in identity.rpartition(":")[2]:
            return False
        return not any(
            fact.owner or fact.symbol or fact.parameter or ":global " in fact.key for fact in self._by_identity.get(identity, ())
        )

    def is_parameter(self, key: str) -> bool:
        """Tell a lock that is only known as a parameter: another one in each call."""
        fact = self.facts.get(key)
        return fact is not None and fact.parameter

    def is_handed_on(self, identity: str) -> bool:
        """Tell a local lock that its function gives to others, who may release it while it waits."""
        return any(fact.handed_on for fact in self._by_identity.get(identity, ()))

    def made(self, identity: str) -> Place | None:
        """Return where a lock is made, None where that is not known or not one place."""
        places = {fact.made for fact in self._by_identity.get(identity.partition("@")[0], ()) if fact.made is not None}
        return places.pop() if len(places) == 1 else None

    def labels(self, identities: Iterable[str]) -> list[str]:
        """Return what the locks among some are called that others can know too."""
        return sorted(self.label(one) for one in identities if not self.is_of_function(one))

    def label(self, key: str) -> str:
        """Return what a lock is called in messages."""
        fact = self.facts.get(key)
        return fact.label if fact is not None else key.rpartition(":")[2].removeprefix("global ").partition("@")[0]

    @cached_property
    def _by_identity(self) -> dict[str, list[LockFact]]:
        found: dict[str, list[LockFact]] = defaultdict(list)
        for key, fact in self.facts.items():
            found[self.identity(key)].append(fact)
        return found

    def is_reentrant(self, identity: str) -> bool:
        """Tell whether its holder may take it again; one of unknown type counts as such, so unknown means silent."""
        same = self._by_identity.get(identity, [])
        return not same or any(fact.reentrant and fact.kind is not None for fact in same) or all(
            fact.kind is None for fact in same
        )
