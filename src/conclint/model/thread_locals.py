"""Thread-local storage that does not outlive the call that makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive
from conclint.model.escape import Way, fate_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.escape import Escape
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site

_ACCESSING = frozenset({"builtins.getattr", "builtins.hasattr", "builtins.setattr", "builtins.delattr", "builtins.vars"})


class CallLocal(msgspec.Struct, frozen=True):
    """A `threading.local` that one call of `function` makes, uses and loses; `use` is where it is first used."""

    site: Site
    function: Function
    use: cst.CSTNode


def call_locals(module: ModuleModel) -> Iterator[CallLocal]:
    """Yield the thread-local objects that nobody but the call that makes them can ever reach.

    A class of one's own that derives from `threading.local` may serve for other things than keeping values apart.
    """
    for site in module.sites_of(Primitive.THREAD_LOCAL):
        function = module.function_of(site.scope)
        if function is None or not function.scope.is_callable or site.cls is not None:
            continue
        fate = fate_of(module, site.call)
        accesses = [escape.node for escape in fate.escapes if _is_access(module, escape)]
        used = [*(use.node for use in fate.uses), *accesses]
        if used and not fate.captured and len(accesses) == len(fate.escapes):
            yield CallLocal(site, function, used[0])


def _is_access(module: ModuleModel, escape: Escape) -> bool:
    """Tell `getattr(local, "name", None)` and its like, which do not hand the object on."""
    given = module.tree.parent(escape.node)
    call = module.tree.parent(given) if isinstance(given, cst.Arg) else None
    if escape.way is not Way.PASSED or not isinstance(call, cst.Call) or call.args[0] is not given:
        return False
    return module.symbol(call.func) in _ACCESSING
