"""Races worth telling: which access of two is the wrong one, and what shows that the variable is shared.

Evidence of intent comes first (RacerD's C++ mode, SpotBugs' IS2_INCONSISTENT_SYNC): two threads of the program that are
seen to meet at a variable, or a lock under which it is written elsewhere. Of two accesses one takes several steps and the
other writes in between; two atomic ones never conflict. The unprotected side is reported, once a function and variable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.model.words import AccessKind, Stake
from conclint.program.beliefs import is_nearly_always_held
from conclint.program.contexts import Context
from conclint.program.phases import is_after_join, is_of_one_state
from conclint.program.races import Clash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from conclint.draft import Place
    from conclint.program.races import Races, SharedAccess

_MOST_UNSEEN = 2 / 3
"""How many of the others must hold a lock, at least, where no thread of the program is seen at either side."""
_UPDATES = (AccessKind.UPDATE, AccessKind.UPDATE_WITH_CALL)
_GRAVITY = (
    AccessKind.UPDATE_WITH_CALL,
    AccessKind.CHECK_THEN_ACT,
    AccessKind.ITERATE,
    AccessKind.UPDATE,
    AccessKind.MUTATE,
    AccessKind.STORE,
)


class Conflict(Clash, frozen=True):
    """A clash whose `access` is the unprotected side.

    `seen` tells that the two threads are threads of the program; otherwise the lock of the other side is the evidence
    that the variable is shared, which is held at `held[0]` of `held[1]` places in other functions, and `believed` if those
    are nearly all. `double_check` tells a test that is not repeated under the lock of its act.
    """

    seen: bool
    double_check: bool = False
    believed: bool = False
    held: tuple[int, int] | None = None


def conflicts(races: Races) -> list[Conflict]:
    """Return the conflicts of the program, at most one for each function and variable, the gravest."""
    found: list[Conflict] = []
    for variable, accesses in races.variables.items():
        if not any(access.kind.compound for access in accesses) or races.is_of_a_lock(variable):
            continue  # of two single steps neither harms the other
        by_function: dict[str, list[Conflict]] = {}
        for access in accesses:
            conflict = _of(races, access, accesses) or _against_users(races, variable, access, accesses)
            if conflict is not None:
                by_function.setdefault(access.function.key, []).append(conflict)
        found.extend(min(several, key=_gravity) for several in by_function.values())
    return found


def _gravity(conflict: Conflict) -> tuple[int, Place]:
    return _GRAVITY.index(conflict.access.kind), conflict.access.fact.place


def conflict_between(one: SharedAccess, other: SharedAccess) -> bool:
    """Tell whether two accesses can do harm to each other at all: one takes several steps, and the other writes."""
    return _disturbs(other, one) or _disturbs(one, other)


def _disturbs(write: SharedAccess, steps: SharedAccess) -> bool:
    if not write.kind.writes or not steps.kind.compound:
        return False
    if write.fact.own_key and steps.kind is not AccessKind.ITERATE:
        return False  # the key of an object that is being made is nobody else's yet
    if _only_adds(write) and (steps.fact.takes or (steps.kind is AccessKind.CHECK_THEN_ACT and steps.fact.voids)):
        return False  # there is still something to take
    if write.fact.grows and steps.kind is AccessKind.ITERATE and write.fact.of_list:
        return False  # a list may grow while it is gone through
    if steps.fact.fills and write.fact.voids and (not steps.fact.leans or _is_started_by(write, steps)):
        return False  # what was missing still is, and gets there now
    if steps.fact.drains:
        return write.fact.element and not write.fact.voids  # what is emptied by somebody else is not lost by this
    if steps.kind is AccessKind.CHECK_THEN_ACT and steps.fact.stake is not Stake.HARM:
        return steps.fact.stake is Stake.REFILL and _undoes(write, steps)
    if steps.kind is AccessKind.ITERATE:
        # Binding the name to another container leaves the one that is gone through as it is.
        return write.fact.element and write.kind is not AccessKind.CHECK_THEN_ACT and not write.fact.replaces
    if steps.kind in _UPDATES and steps.fact.element:
        return write.fact.element or write.kind is AccessKind.STORE
    return True


def _only_adds(write: SharedAccess) -> bool:
    return write.fact.grows or (write.fact.fills and write.fact.element)


def _is_started_by(write: SharedAccess, steps: SharedAccess) -> bool:
    """Tell what is done by threads alone that the other side starts, where none is there: `self.thread = None` at its end."""
    others = [one for one in write.contexts if one.many or one not in steps.contexts]
    return bool(others) and all(one.root is not None and one.root.made_in == steps.function.key for one in others)


def _undoes(write: SharedAccess, refill: SharedAccess) -> bool:
    """Tell a change that is lost when what was computed before is stored over it."""
    if write.function.key == refill.function.key:
        return False
    if write.kind is AccessKind.STORE:
        same = write.fact.value != "" and write.fact.value == refill.fact.value
        return not same and not write.fact.constant  # what was reset is filled again, as it would be a moment later
    return write.kind in _UPDATES or (write.kind is AccessKind.CHECK_THEN_ACT and write.fact.stake is Stake.HARM)


def _of(races: Races, access: SharedAccess, accesses: Sequence[SharedAccess]) -> Conflict | None:
    if access.kind is AccessKind.READ or access.in_construction:
        return None
    if access.kind is AccessKind.STORE and access.fact.constant:
        return None  # a flag, which whoever tests it sees a moment sooner or later
    if access.fact.acts_under and not access.locks and access.fact.stake is Stake.HARM:
        return _unrepeated(races, access, accesses)
    seen, guarded = next(_seen(races, access, accesses), None), _against_a_guard(races, access, accesses)
    if guarded is not None and guarded.believed:
        return guarded
    return seen or guarded


def _seen(races: Races, access: SharedAccess, accesses: Sequence[SharedAccess]) -> Iterator[Conflict]:
    """Yield the conflicts with what threads of the program do, on this access's side."""
    # where only the access is under a lock, that is told of the other side
    near = (one for one in accesses if one.locks.isdisjoint(access.locks) and (one.locks or not access.locks))
    for other in _nearest(access, near):
        threads = races.parallel(access, other)
        if threads is not None and _is_reported_alone(access, other):
            yield Conflict(access, other, *threads, seen=True)


def _is_reported_alone(access: SharedAccess, other: SharedAccess) -> bool:
    """Without locks the side that takes several steps is the one to mend; a plain write disturbs it, but is no mistake."""
    if access.kind is AccessKind.UPDATE and access.fact.of_some_key and not other.locks:
        # Nothing shows that two threads have the same key, and with it `counts[key] += 1` still loses updates only up to
        # Python 3.9 and without the global interpreter lock.
        return False
    return access.kind.compound or (bool(other.locks) and not access.locks)


def _against_a_guard(races: Races, access: SharedAccess, accesses: Sequence[SharedAccess]) -> Conflict | None:
    """Return the conflict with an access under a lock that most others hold too."""
    if access.locks or access.fact.given or races.comes_first(access):
        return None  # what is handed in, or done before the threads start, is set up before anybody uses it
    if _is_set_apart(access):
        return None
    outside = [one for one in accesses if not one.in_construction]
    for other in _nearest(access, (one for one in outside if one.locks and races.are_of_threads(one.locks))):
        counted = [one for one in outside if one.function.key != access.function.key] if access.fact.drains else outside
        guarded = [one for one in counted if one.locks & other.locks]
        if len(guarded) * 2 < len(counted) or not any(one.kind.writes for one in guarded):
            continue
        threads = races.parallel(access, other, _anybody)
        if threads is not None:
            held, places = (_elsewhere(access, some) for some in (guarded, outside))
            if not any(thread.is_seen for thread in threads) and held < _MOST_UNSEEN * places:
                continue
            believed = any(is_nearly_always_held(lock, access, outside) for lock in other.locks)
            return Conflict(access, other, *threads, seen=False, believed=believed, held=(held, places))
    return None


def _against_users(
    races: Races, variable: str, access: SharedAccess, accesses: Sequence[SharedAccess]
) -> Conflict | None:
    """Return the conflict between an object's own thread and its users, where a lock shows that they are to be kept apart."""
    if access.locks or not access.kind.compound or races.comes_first(access) or _is_set_apart(access):
        return None
    outside = [one for one in accesses if not one.in_construction]
    if not any(races.show_sharing(one.locks) for one in outside):
        return None
    for other in _nearest(access, (*outside, *races.under_some_lock(variable))):
        threads = races.with_its_user(access, other)
        if threads is not None:
            return Conflict(access, other, *threads, seen=False)
    return None


def _is_set_apart(access: SharedAccess) -> bool:
    return is_after_join(access.phases) or is_of_one_state(access.phases, access.fact.variable)


def _elsewhere(access: SharedAccess, others: Iterable[SharedAccess]) -> int:
    return len({one.fact.place for one in others if one.function.key != access.function.key})


def _unrepeated(races: Races, access: SharedAccess, accesses: Sequence[SharedAccess]) -> Conflict | None:
    """Return the conflict of a test outside with an act under a lock: several may pass the test, then act in turn."""
    threads = races.parallel(access, access, _anybody)
    if threads is None:
        return next(_seen(races, access, accesses), None)
    return Conflict(access, access, *threads, seen=all(one.is_seen for one in threads), double_check=True)


def _anybody(_context: Context) -> bool:
    return True


def _nearest(access: SharedAccess, others: Iterable[SharedAccess]) -> list[SharedAccess]:
    """Return what can do harm, other places first, and first those that write under a lock: they make the clearest story."""
    return sorted(
        (other for other in others if not other.in_construction and conflict_between(access, other)),
        key=lambda one: (one == access, not one.locks, not one.kind.writes, one.fact.place),
    )
