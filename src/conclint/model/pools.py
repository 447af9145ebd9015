"""Pools of workers that nobody brings to an end."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import libcst as cst

from conclint.draft import Change, Remedy
from conclint.knowledge.schema import Primitive
from conclint.model.rewriting import indentation, line_of
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.module import ModuleModel
    from conclint.model.values import Site
    from conclint.syntax import Scope


@dataclasses.dataclass(frozen=True, slots=True)
class OpenPool:
    """A pool that stays behind. `close` and `join` are calls that do half of what there is to do."""

    site: Site
    name: str
    close: cst.Call | None
    join: cst.Call | None


def open_pools(module: ModuleModel) -> Iterator[OpenPool]:
    """Yield the pools that are never closed or terminated, or closed and never joined.

    Only pools in a variable of the function or module that makes them, or in none, and only those that nobody else
    gets to see.
    """
    for site in module.sites_of(Primitive.POOL):
        if module.knowledge.order(site.type_name, "join").raised(()) is None or site.cls is not None:
            continue  # joining such a pool does not ask for closing it first: it is of another sort
        parent = module.tree.parent(site.call)
        if isinstance(parent, cst.Attribute):
            call = module.tree.parent(parent)
            if isinstance(call, cst.Call) and call.func is parent:
                yield OpenPool(site, "", None, None)
            continue
        name = _only_target(parent)
        if name is None:
            continue
        owner = site.scope.owner(name)
        if owner is None or owner is not site.scope.execution:
            continue
        calls = _calls_of(module, owner, name)
        if calls is None or not _reaching_end(module, calls):
            continue
        close = next((call for word, call in calls if word == "close"), None)
        join = next((call for word, call in calls if word == "join"), None)
        if any(word == "terminate" for word, _ in calls) or (close is not None and join is not None):
            continue
        yield OpenPool(site, name, close, join)


def end_instead(module: ModuleModel, pool: OpenPool) -> Remedy | None:
    """Return the addition of the half that is missing, None when both are."""
    half = pool.close or pool.join
    if half is None or (line := line_of(module, half)) is None:
        return None
    newline, margin = module.tree.module.default_newline, indentation(module, line)
    present = module.code(half)
    if pool.close is not None:
        text = f"{present}{newline}{margin}{pool.name}.join()"
        return Remedy("wait for the workers with 'join()'", (Change(half, text),), safe=False)
    text = f"{pool.name}.close(){newline}{margin}{present}"
    return Remedy("close the pool before the 'join()'", (Change(half, text),), safe=False)


def _only_target(parent: cst.CSTNode | None) -> str | None:
    if isinstance(parent, cst.AnnAssign):
        return dotted_name(parent.target) if isinstance(parent.target, cst.Name) else None
    if isinstance(parent, cst.Assign) and len(parent.targets) == 1:
        target = parent.targets[0].target
        return target.value if isinstance(target, cst.Name) else None
    return None


def _calls_of(module: ModuleModel, owner: Scope, name: str) -> list[tuple[str, cst.Call]] | None:
    """Return the method calls on a variable, None when it is used in any other way or by other code."""
    found: list[tuple[str, cst.Call]] = []
    bindings = {id(binding.node) for binding in owner.bindings.get(name, [])}
    if len(bindings) != 1:
        return None
    for scope in owner.walk():
        for use in scope.names:
            if use.value != name or id(use) in bindings or scope.owner(name) is not owner:
                continue
            attribute = module.tree.parent(use)
            call = module.tree.parent(attribute) if isinstance(attribute, cst.Attribute) else None
            if (
                not isinstance(attribute, cst.Attribute)
                or not isinstance(call, cst.Call)
                or call.func is not attribute
            ):
                return None
            found.append((attribute.attr.value, call))
    return found


def _reaching_end(module: ModuleModel, calls: list[tuple[str, cst.Call]]) -> bool:
    """Tell whether none of the calls hands back what keeps the pool alive for others, such as an iterator."""
    return not any(
        word.startswith("imap") and isinstance(module.tree.parent(call), (cst.Return, cst.Yield))
        for word, call in calls
    )
