"""CON409: a change of what a manager's proxy gave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class ManagerProxyNestedMutation(ModuleRule):
    """A value that a manager's dict, list or namespace holds is changed where it was fetched, and not put back.

    ## Why

    The container lives in the manager's process. `shared["names"]` asks for the list and gets a copy, and `append`
    changes that copy, which nobody else ever sees ("If standard (non-proxy) list or dict objects are contained in a
    referent, modifications to those mutable values will not be propagated through the manager", "Proxy Objects" in
    the documentation of `multiprocessing`; the same in all of Python 3.10 to 3.14).

    ```python
    shared = manager.dict(names=[])
    shared["names"].append("Ada")       # shared["names"] is still []
    ```

    ## How to fix

    Put the changed value back: `names = shared["names"]; names.append("Ada"); shared["names"] = names`, under a
    lock of the manager if others change it too. Or make the inner container a proxy as well: `manager.dict(names=
    manager.list())`; then the change takes place in the manager's process.

    ## What is missed

    Proxies that come from elsewhere, and those that hold what is not to be seen: they may hold proxies. Fetched
    values that are also used for something else, or handed on.
    """

    code = "CON409"
    name = "manager-proxy-nested-mutation"
    needles = ("Manager",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every change of a copy."""
        from conclint.model.proxies import lost_changes

        for lost in lost_changes(module):
            label = module.label(lost.fetched)
            yield Report(
                lost.change,
                f"'{label}' is a copy of what '{module.label(lost.proxy)}' holds, and this change of it is lost",
                notes=(Note(lost.site.call, f"'{module.label(lost.proxy)}' is a proxy, made here"),),
            )
