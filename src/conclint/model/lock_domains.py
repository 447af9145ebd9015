"""Locks, events and the like that work between threads, where processes are to share them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Primitive
from conclint.model.process_twins import made_for_processes
from conclint.model.runners import ELSEWHERE
from conclint.model.transfers import Way, transferred
from conclint.model.values import Instance
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.draft import Remedy
    from conclint.model.definitions import Function
    from conclint.model.events import Root
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site

_SHARED = (Primitive.LOCK, Primitive.SEMAPHORE, Primitive.CONDITION, Primitive.EVENT, Primitive.BARRIER)
_IN_ONE_PROCESS = (Domain.THREAD, Domain.ASYNCIO)
_SAYS = frozenset({"set", "clear", "notify", "notify_all"})
_HEARS = frozenset({"wait", "wait_for", "query"})


class CopiedLock(msgspec.Struct, frozen=True):
    """A primitive of which each process has its own.

    `node` is where a process is given it, by `spawner`; or, without one, where `function` uses it in another process,
    `other` then being a use in the parent, if there is one.
    """

    node: cst.CSTNode
    label: str
    site: Site
    spawner: cst.Call | None = None
    function: Function | None = None
    other: cst.CSTNode | None = None


def copied_locks(module: ModuleModel) -> Iterator[CopiedLock]:
    """Yield the primitives of one process that others are given, or use as if they shared them.

    What the tasks of a pool are given is left alone: it would have to be pickled, which fails at once.
    """
    handed: set[int] = set()
    for found in transferred(module):
        site = found.instance.site
        if found.attribute or found.way is Way.TASK or site is None or not _works_in_one_process(site):
            continue
        handed.add(id(site))
        label = dotted_name(found.node) or module.label(site.call)
        yield CopiedLock(found.node, label, site, found.handover.call)
    for site, uses in _uses(module).values():
        if id(site) not in handed and (captured := _captured(module, site, uses)) is not None:
            yield captured


def _works_in_one_process(site: Site) -> bool:
    return site.kind in _SHARED and site.domain in _IN_ONE_PROCESS


class _Use(msgspec.Struct, frozen=True):
    node: cst.BaseExpression
    word: str
    function: Function
    processes: frozenset[Root | None]


def _uses(module: ModuleModel) -> dict[int, tuple[Site, list[_Use]]]:
    """Return for each creation site what the module does with it, by `id` of its call."""
    found: dict[int, tuple[Site, list[_Use]]] = {}

    def note(node: cst.BaseExpression, word: str) -> None:
        function = module.function_at(node)
        for value in module.values(node):
            site = value.site if isinstance(value, Instance) else None
            if function is not None and site is not None and _works_in_one_process(site):
                use = _Use(node, word, function, module.runners.processes(function))
                found.setdefault(id(site.call), (site, []))[1].append(use)

    if any(root.domain is Domain.PROCESS for root in module.roots):
        for event in module.events:
            if event.kind in _SHARED:
                note(event.object, event.word)
        for scope in module.scopes:
            for statement in scope.withs:
                for item in statement.items:
                    note(item.item, "acquire")
    return found


def _captured(module: ModuleModel, site: Site, uses: list[_Use]) -> CopiedLock | None:
    """Return the use of a primitive that the parent made by code that only runs in children.

    A lock is reported where processes alone can be meant to meet at it: no thread runs in this module. Of other
    primitives one side has to speak and the other to listen.
    """
    maker = module.function_of(site.scope)
    inner = [use for use in uses if use.processes and None not in use.processes]
    outer = [use for use in uses if None in use.processes]
    if maker is None or None not in module.runners.processes(maker) or not inner:
        return None
    if site.kind in (Primitive.LOCK, Primitive.SEMAPHORE, Primitive.BARRIER):
        children = frozenset(root for use in inner for root in use.processes if root is not None)
        meet = bool(outer) or len(children) > 1 or any(root.many for root in children)
        if not meet or any(root.domain is not Domain.PROCESS and root.where in ELSEWHERE for root in module.roots):
            return None
    elif not (_apart(inner, outer) or _apart(outer, inner)):
        return None
    label = dotted_name(inner[0].node) or module.label(inner[0].node)
    other = outer[0].node if outer else None
    return CopiedLock(inner[0].node, label, site, None, inner[0].function, other)


def _apart(speakers: list[_Use], listeners: list[_Use]) -> bool:
    """Tell whether what only these say only those could hear."""
    words = {use.word for use in speakers}, {use.word for use in listeners}
    return bool(words[0] & _SAYS and words[1] & _HEARS) and not (words[0] & _HEARS or words[1] & _SAYS)


def lock_for_processes(module: ModuleModel, found: CopiedLock) -> Remedy | None:
    """Return the change of the primitive to that of the module or context that makes the process."""
    if found.spawner is None or not found.site.type_name.startswith("threading."):
        return None
    return made_for_processes(module, found.site, found.spawner, found.site.type_name.removeprefix("threading."))
