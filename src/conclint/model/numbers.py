"""Numbers of processes and open files, which the system gives to others once they have been given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.catching import is_caught
from conclint.model.values import Symbol
from conclint.model.words import AccessKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conclint.model.accesses import Access
    from conclint.model.module import ModuleModel

_ENDING = ("waitpid", "wait4")
_FAILING = ("OSError", "ProcessLookupError", "EnvironmentError", "IOError", "Exception", "BaseException")


def speaks_of_numbers(module: ModuleModel) -> bool:
    """Tell whether a module may give up the number of anything."""
    return not module.words.isdisjoint(_ENDING) or ("close" in module.words and module.says("os.close"))


def numbers(module: ModuleModel, accesses: Iterable[Access]) -> dict[int, str]:
    """Return which reads pass a variable, by `id` of their nodes, to what "uses" the number in it or "ends" its meaning.

    A use that is ready for the number to be out of date, by a handler, is none.
    """
    if not speaks_of_numbers(module):
        return {}
    found = {}
    for access in accesses:
        call = _call_with(module, access)
        what = _done_by(module, call) if call is not None else ""
        if what and not (what == "uses" and is_caught(module, access.node, *_FAILING)):
            found[id(access.node)] = what
    return found


def _call_with(module: ModuleModel, access: Access) -> cst.Call | None:
    """Return the call whose first argument is the variable as it is."""
    if access.kind is not AccessKind.READ or access.element:
        return None
    given = module.tree.parent(access.node)
    call = module.tree.parent(given) if isinstance(given, cst.Arg) else None
    return call if isinstance(call, cst.Call) and call.args[0].value is access.node else None


def _done_by(module: ModuleModel, call: cst.Call) -> str:
    for value in module.values(call.func):
        if isinstance(value, Symbol) and (function := module.knowledge.function(value.name)) is not None:
            return function.number or ""
    return ""
