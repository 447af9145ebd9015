"""How many threads come to a barrier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Primitive, Where
from conclint.model.arguments import argument
from conclint.model.counting import number, runs_once, times
from conclint.model.uses import uses_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site

_HARMLESS = frozenset({"wait", "n_waiting", "parties", "broken"})


class PartyMismatch(msgspec.Struct, frozen=True):
    """A barrier for `parties` that `coming` threads come to, from these `places`: their creations, or the wait itself."""

    site: Site
    parties: int
    coming: int
    places: tuple[cst.CSTNode, ...]


def party_mismatches(module: ModuleModel) -> Iterator[PartyMismatch]:
    """Yield the barriers to which a known number of threads come that leaves a remainder.

    Every thread comes to it equally often, nobody waits with a timeout, aborts or resets it.
    """
    for site in module.sites_of(Primitive.BARRIER):
        given = argument(site.call, site.facts.count)
        parties = number(module, given.value) if given is not None else None
        limited = any(arg.keyword is not None and arg.keyword.value == "timeout" for arg in site.call.args)
        if site.domain is Domain.ASYNCIO or site.cls is not None or not parties or parties < 0:
            continue
        if limited or len(site.call.args) > 2 or times(module, site.call) != 1:
            continue
        coming = _coming(module, site)
        count = sum(coming.values()) if coming is not None else 0
        if coming is not None and count % parties:
            yield PartyMismatch(site, parties, count, tuple(coming))


def _coming(module: ModuleModel, site: Site) -> dict[cst.CSTNode, int] | None:
    """Return how many threads each place sends to the barrier, None when that is not known."""
    uses = uses_of(module, site)
    if uses is None or any(use.name not in _HARMLESS for use in uses):
        return None
    waits: dict[int, list[cst.CSTNode]] = {}
    functions: dict[int, Function] = {}
    for use in uses:
        function = module.function_at(use.node)
        if use.name != "wait":
            continue
        if function is None or not isinstance(use.node, cst.Call) or use.node.args or times(module, use.node) != 1:
            return None
        waits.setdefault(id(function), []).append(use.node)
        functions[id(function)] = function
    if len({len(found) for found in waits.values()}) != 1:
        return None
    coming: dict[cst.CSTNode, int] = {}
    for key, function in functions.items():
        places = _places(module, site, function, waits[key][0])
        if places is None:
            return None
        coming.update(places)
    return coming


def _places(module: ModuleModel, site: Site, function: Function, wait: cst.CSTNode) -> dict[cst.CSTNode, int] | None:
    """Return the threads that run a function: how many each place makes; the wait itself where the main thread does."""
    roots = [root for root in module.roots if root.function is function]
    if not roots:
        return {wait: 1} if _once(module, site, function) else None
    if module.entries.at(function):
        return None
    found: dict[cst.CSTNode, int] = {}
    for root in roots:
        calls = [root.site] if root.site is not None else [
            made.call for made in module.sites if made.cls is not None and root.receiver in module.resolver.mro(made.cls)
        ]  # fmt: skip
        if root.where not in (Where.THREAD, Where.PROCESS) or not calls:
            return None
        for call in calls:
            maker = module.function_at(call)
            count = times(module, call) if maker is not None and _once(module, site, maker) else None
            if count is None or not _is_started(module, call):
                return None
            found[call] = count
    return found


def _once(module: ModuleModel, site: Site, function: Function) -> bool:
    """Tell whether a function runs once for each barrier: it makes the barrier itself, or both run once."""
    made_in = module.function_at(site.call)
    if made_in is function:
        return True
    return made_in is not None and runs_once(module, made_in) and runs_once(module, function)


def _is_started(module: ModuleModel, call: cst.Call) -> bool:
    """Tell whether the thread that a call makes is started, and not just under some condition."""
    for event in module.events_of("start"):
        if any(instance.site is not None and instance.site.call is call for instance in event.instances):
            return module.inside(event.node, (cst.If, cst.While, cst.ExceptHandler)) is None
    return False
