"""Pools of workers that nobody brings to an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.draft import Change, Remedy
from conclint.knowledge.schema import Primitive
from conclint.model.escape import Way, fate_of
from conclint.model.expecting import is_expected
from conclint.model.results import is_unasked
from conclint.model.rewriting import indentation, line_of, variable_of
from conclint.model.values import LibraryMethod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.escape import Fate
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site

_ENDS = frozenset({"close", "terminate", "join", "__enter__", "__exit__"})


class OpenPool(msgspec.Struct, frozen=True):
    """A pool that stays behind. `close` and `join` are calls that do half of what there is to do."""

    site: Site
    name: str
    close: cst.Call | None
    join: cst.Call | None


def open_pools(module: ModuleModel) -> Iterator[OpenPool]:
    """Yield the pools that are never closed or terminated, or closed and never joined though there may be work left.

    Only pools that the module alone has to do with: nobody else gets to see them, at most their methods.
    """
    for site in module.sites_of(Primitive.POOL):
        if module.knowledge.order(site.type_name, "join").raised(()) is None or site.cls is not None:
            continue  # joining such a pool does not ask for closing it first: it is of another sort
        fate = fate_of(module, site.call)
        calls = {use.name: use.node for use in fate.uses if isinstance(use.node, cst.Call)}
        if not _is_own(module, fate) or fate.used("with", "terminate", "__enter__", "__exit__"):
            continue
        close, join = calls.get("close"), calls.get("join")
        if close is not None and (join is not None or _is_all_waited_for(module, fate)):
            continue
        if _keeps_running(module, fate) or (not fate.uses and is_expected(module, site.call, "ValueError")):
            continue
        yield OpenPool(site, variable_of(module, site.call), close, join)


def _is_own(module: ModuleModel, fate: Fate) -> bool:
    """Tell whether an object stays with the module, but for methods of it, other than its end, that are arguments."""
    for escape in fate.escapes:
        method = module.tree.parent(escape.node)
        if escape.way is Way.GLOBAL:
            continue
        if escape.way is not Way.METHOD or not isinstance(method, cst.Attribute) or method.attr.value in _ENDS:
            return False
        if not isinstance(module.tree.parent(method), cst.Arg):
            return False
    return True


def _is_all_waited_for(module: ModuleModel, fate: Fate) -> bool:
    """Tell whether all tasks are done when the pool is closed: each call waits, or its outcome is asked for."""
    for use in fate.uses:
        value = next(iter(module.values(use.node.func)), None) if isinstance(use.node, cst.Call) else None
        method = None
        if isinstance(value, LibraryMethod):
            method = module.knowledge.method(value.receiver.type_name, value.name)
        if method is None or not method.runs or method.blocks is not None:
            continue
        assert isinstance(use.node, cst.Call)
        if is_unasked(fate_of(module, use.node)):
            return False
    return not fate.escapes


def _keeps_running(module: ModuleModel, fate: Fate) -> bool:
    """Tell whether a function hands back an iterator of results, which needs the workers."""
    return any(
        escape.way in (Way.RETURNED, Way.YIELDED)
        for use in fate.uses
        if isinstance(use.node, cst.Call) and use.name.startswith("imap")
        for escape in fate_of(module, use.node).escapes
    )


def end_instead(module: ModuleModel, pool: OpenPool) -> Remedy | None:
    """Return the addition of the half that is missing, None when both are."""
    half = pool.close or pool.join
    if half is None or (line := line_of(module, half)) is None or not isinstance(half.func, cst.Attribute):
        return None
    name = module.code(half.func.value)
    newline, margin = module.tree.module.default_newline, indentation(module, line)
    present = module.code(half)
    if pool.close is not None:
        text = f"{present}{newline}{margin}{name}.join()"
        return Remedy("wait for the workers with 'join()'", (Change(half, text),), safe=False)
    text = f"{name}.close(){newline}{margin}{present}"
    return Remedy("close the pool before the 'join()'", (Change(half, text),), safe=False)
