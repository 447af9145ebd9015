"""What locks are believed to guard, by how often they do (Engler et al., "Bugs as Deviant Behavior", SOSP 2001).

A class that takes a lock of its own is meant for several threads, whether or not the program starts any (so RacerD
reads `@ThreadSafe`). What is done nearly everywhere under that lock is what the lock is for, and the few places without
it are the ones to look at.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from conclint.model.words import AccessKind
from conclint.program.contexts import Context, Runner
from conclint.program.races import Clash

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conclint.program.races import Races, SharedAccess

_PLACES = 3
_FUNCTIONS = 2
_NEARLY_ALL = 0.8
_MOST = 0.5
_UNCONCERNED = re.compile(r"__(?:repr|str|len|del|sizeof|reduce|getstate)__$")
"""Methods for people and debuggers, who take what they get, and those that run when nobody else has the object."""
_ASKING = re.compile(
    r"(?:get\w*|is|has|can|peek|find|index|count|exists|keys|values|items|tell|fileno|\w*able|q?size|empty|full)(?:_|[A-Z]|$)"
)
"""Calls that only ask, and at worst hear what was true a moment ago."""


class Breach(Clash, frozen=True):
    """An access without the `lock` that `guarded` of all `places` hold."""

    lock: str
    guarded: int
    places: int


def bare_uses(races: Races) -> Iterator[Breach]:
    """Yield the calls of methods on objects without the lock of nearly all others, one for each function and variable.

    Only methods that others call under the lock count: a lock that keeps senders apart is none of the receiver's business.
    """
    for accesses in _by_variable(races):
        uses = [one for one in accesses if one.fact.method]
        seen: set[str] = set()
        for lock, guarded in _guards(uses):
            if not _are_nearly_all(guarded, uses) or not races.are_of_threads(frozenset({lock})):
                continue
            for use in uses:
                if lock in use.locks or use.function.key in seen or _is_unconcerned(use) or _ASKING.match(use.fact.method):
                    continue
                alike = [one for one in guarded if one.fact.method == use.fact.method]
                breach = next((found for one in alike if (found := _breach(races, use, one, lock, uses))), None)
                if breach is not None:
                    seen.add(use.function.key)
                    yield breach


def stale_uses(races: Races) -> Iterator[Breach]:
    """Yield the uses of what a test has just seen, without the lock under which others take it away.

    `if self.sock: self.sock.send(x)` raises when `close()` sets `self.sock = None` in between. The evidence: threads of
    the program that are seen to do both, or nearly all writes and most other accesses under that lock.
    """
    for accesses in _by_variable(races):
        writes = [one for one in accesses if one.kind.writes]
        seen: set[str] = set()
        for use in accesses:
            if not use.fact.believes or use.fact.acts_under or use.function.key in seen or _is_unconcerned(use):
                continue  # a use under a lock that was not held at the test is a double check without the second
            for other in writes:
                if use.locks & other.locks or use.function.key == other.function.key or not _voids(other, use):
                    continue
                lock = min(other.locks, default="")
                if not lock or not races.are_of_threads(other.locks):
                    continue
                others = [one for one in accesses if one.function.key != use.function.key]
                believed = _share(writes, lock) >= _NEARLY_ALL and _share(others, lock) >= _MOST
                believed = believed or races.parallel(use, other) is not None
                breach = _breach(races, use, other, lock, accesses) if believed else None
                if breach is not None:
                    seen.add(use.function.key)
                    yield breach
                    break


def late_uses(races: Races) -> Iterator[Breach]:
    """Yield the uses of a number of a process or open file without the lock under which it is given up each time."""
    for accesses in _by_variable(races):
        ends = [one for one in accesses if one.fact.number == "ends"]
        common = frozenset.intersection(*(one.locks for one in ends)) if ends else frozenset()
        seen: set[str] = set()
        for use in accesses if races.are_of_threads(common) else ():
            if use.fact.number != "uses" or use.locks & common or use.function.key in seen or _is_unconcerned(use):
                continue
            others = (one for one in ends if one.function.key != use.function.key)
            found = (_breach(races, use, one, min(common), accesses) for one in others)
            breach = next((one for one in found if one is not None), None)
            if breach is not None:
                seen.add(use.function.key)
                yield breach


def overruns(races: Races) -> Iterator[Clash]:
    """Yield the places where a class that takes locks compares a number with a limit and then counts, without one."""
    for accesses in _by_variable(races):
        for access in accesses:
            if access.fact.counts and not access.locks and not access.function.is_async:
                threads = races.parallel(access, access, _is_anybody)
                if threads is not None:
                    yield Clash(access, access, *threads)


def is_nearly_always_held(lock: str, access: SharedAccess, others: Sequence[SharedAccess]) -> bool:
    """Tell whether nearly all accesses of a variable hold a lock, those in the function of `access` aside."""
    rest = [one for one in others if one.function.key != access.function.key]
    return _are_nearly_all([one for one in rest if lock in one.locks], rest)


def _are_nearly_all(guarded: Sequence[SharedAccess], accesses: Sequence[SharedAccess]) -> bool:
    enough = len(guarded) >= _PLACES and len({one.function.key for one in guarded}) >= _FUNCTIONS
    return enough and len(guarded) >= _NEARLY_ALL * len(accesses)


def _by_variable(races: Races) -> Iterator[list[SharedAccess]]:
    for variable, accesses in sorted(races.variables.items()):
        if not races.is_of_a_lock(variable):
            yield [one for one in accesses if not one.in_construction]


def _guards(accesses: Sequence[SharedAccess]) -> Iterator[tuple[str, list[SharedAccess]]]:
    """Yield the locks that some of the accesses hold, though not all, with those that do."""
    found: dict[str, list[SharedAccess]] = defaultdict(list)
    for access in accesses:
        for lock in access.locks:
            found[lock].append(access)
    for lock, guarded in sorted(found.items()):
        if len(guarded) < len(accesses):
            yield lock, guarded


def _is_unconcerned(access: SharedAccess) -> bool:
    return _UNCONCERNED.search(access.function.name) is not None


def _share(accesses: Sequence[SharedAccess], lock: str) -> float:
    return sum(lock in one.locks for one in accesses) / max(len(accesses), 1)


def _voids(write: SharedAccess, use: SharedAccess) -> bool:
    return write.fact.voids and (write.kind is AccessKind.STORE or (use.fact.element and write.fact.element))


def _breach(
    races: Races, access: SharedAccess, other: SharedAccess, lock: str, all_: Sequence[SharedAccess]
) -> Breach | None:
    threads = races.parallel(access, other, lambda _: True)
    if threads is None:
        return None
    places = {one.fact.place for one in all_}
    guarded = {one.fact.place for one in all_ if lock in one.locks}
    return Breach(access, other, *threads, lock, len(guarded), len(places))


def _is_anybody(context: Context) -> bool:
    return context.runner is Runner.ANYBODY
