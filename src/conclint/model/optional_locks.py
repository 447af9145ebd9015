"""Code under a lock that is only taken on demand: `with lock if use_lock else nullcontext():`.

Whether the lock is held there is up to the caller, so nothing is known of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.memory import once_per_function

if TYPE_CHECKING:
    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel


@once_per_function
def chosen_withs(module: ModuleModel, function: Function) -> list[cst.With]:
    """Return the `with` statements of a function that take a lock or not, as a conditional expression decides."""
    return [
        statement
        for scope in function.scopes
        for statement in scope.withs
        if any(_chooses(module, item.item) for item in statement.items)
    ]


def _chooses(module: ModuleModel, manager: cst.BaseExpression) -> bool:
    return isinstance(manager, cst.IfExp) and any(
        module.locks.lock(branch) is not None for branch in (manager.body, manager.orelse)
    )
