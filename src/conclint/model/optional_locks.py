"""Code under a lock that is only taken on demand: `with lock if use_lock else nullcontext():`.

Whether the lock is held there is up to the caller, so nothing is known of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel


def is_maybe_locked(module: ModuleModel, function: Function, node: cst.CSTNode) -> bool:
    """Tell code of a function that runs under a lock or not, as a conditional expression decides."""
    optional = [
        statement
        for scope in function.scopes
        for statement in scope.withs
        if any(_chooses(module, item.item) for item in statement.items)
    ]
    return bool(optional) and any(outer is statement for outer in module.tree.ancestors(node) for statement in optional)


def _chooses(module: ModuleModel, manager: cst.BaseExpression) -> bool:
    return isinstance(manager, cst.IfExp) and any(
        module.locks.lock(branch) is not None for branch in (manager.body, manager.orelse)
    )
