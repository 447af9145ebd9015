"""Locks that are made anew where they are taken, so that nobody else can have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain
from conclint.model.arguments import argument
from conclint.model.locks import LOCKING
from conclint.model.values import Instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site

_PLAIN = ("property", "staticmethod", "classmethod")


class InlineLock(msgspec.Struct, frozen=True):
    """An expression that is taken and gives a new lock each time; `made` is the call that makes it, if another one."""

    node: cst.BaseExpression
    made: cst.Call | None = None


def inline_locks(module: ModuleModel) -> Iterator[InlineLock]:
    """Yield what makes a lock in the very expression that takes it, or is a function that does nothing but make one."""
    for site in module.sites_of(*LOCKING):
        if _is_of_its_own(site) and (parent := _used_by(module, site.call)) is not None:
            if _takes(module, parent, site):
                yield InlineLock(site.call)
    for scope in module.scopes:
        taken = [item.item for statement in scope.withs for item in statement.items]
        taken += [c.func.value for c in scope.calls if c.func.__class__ is cst.Attribute and c.func.attr.value == "acquire"]
        for node in taken:
            made = _made_by_function(module, node)
            if made is not None and _is_of_its_own(made) and _takes(module, module.tree.parent(node), made):
                yield InlineLock(node, made.call)


def _is_of_its_own(site: Site) -> bool:
    """Tell a lock that is no other than this object: no file's, no subclass's, no condition of another lock."""
    return site.domain is not Domain.HOST and site.cls is None and not argument(site.call, site.facts.guarded_by)


def _used_by(module: ModuleModel, call: cst.Call) -> cst.CSTNode | None:
    """Return what a new lock goes into: `locks.get(key, Lock())` and `locks.get(key) or Lock()` count as the lock."""
    parent = module.tree.parent(call)
    if isinstance(parent, cst.Arg) and (getting := module.tree.parent(parent)) is not None:
        is_default = isinstance(getting, cst.Call) and len(getting.args) == 2 and getting.args[1] is parent
        return module.tree.parent(getting) if is_default and _gets(getting) else None
    if isinstance(parent, cst.BooleanOperation) and parent.right is call and _gets(parent.left):
        return module.tree.parent(parent)
    return parent


def _gets(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "get"


def _takes(module: ModuleModel, parent: cst.CSTNode | None, site: Site) -> bool:
    """Tell a `with` that waits for the lock, and a call of its `acquire`.

    A plain `with` on asyncio's locks raises at once, so it locks nobody out.
    """
    if isinstance(parent, cst.WithItem):
        statement = module.tree.parent(parent)
        waits = isinstance(statement, cst.With) and statement.asynchronous is not None
        return waits or site.domain is not Domain.ASYNCIO
    call = module.tree.parent(parent) if isinstance(parent, cst.Attribute) else None
    return isinstance(parent, cst.Attribute) and parent.attr.value == "acquire" and isinstance(call, cst.Call)


def _made_by_function(module: ModuleModel, node: cst.BaseExpression) -> Site | None:
    """Return the creation site of the lock that a call or property makes anew each time."""
    function: Function | None = None
    if isinstance(node, cst.Call):
        function = module.called_function(node)
    elif isinstance(node, cst.Attribute):
        function = module.locks.property_of(node)
    if function is None or function.is_async or len(function.returns) != 1:
        return None
    if any(name.rpartition(".")[2] not in _PLAIN for name in function.decorators):
        return None
    for value in module.values(function.returns[0]):
        if isinstance(value, Instance) and value.site is not None and value.site.call is function.returns[0]:
            return value.site if value.site.kind in LOCKING else None
    return None
