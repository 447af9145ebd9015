"""CON119 function-as-group."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Change, Remedy, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class FunctionAsGroup(ModuleRule):
    """The function for a thread or process is given as its `group`.

    ## Why
    The first parameter of `Thread` and `Process` is `group`, which is kept for the future and must be None; the
    function comes second. `Thread(work)` therefore raises AssertionError ("group argument must be None for now"), or
    under `python -O` makes a thread that does nothing. True of every version of Python 3 (Library Reference,
    threading, "Thread objects": "This constructor should always be called with keyword arguments").

    ## How to fix
    Name the parameters: `Thread(target=work, args=(1, 2))`.

    ## What is missed
    Subclasses with a constructor of their own, which may take a function first.

    ## Fix safety
    Safe: the call as it stands never runs the function.
    """

    code: ClassVar[str] = "CON119"
    name: ClassVar[str] = "function-as-group"

    def check(self, module: ModuleModel) -> Iterator[Report]:
        from conclint.model.given_groups import given_groups

        for found in given_groups(module):
            label = module.label(found.group.value)
            maker = module.label(found.site.call.func)
            message = (
                f"'{label}' is given as the 'group' of '{maker}', which must be None, and is never called"
            )
            remedy = None
            if found.can_rename:
                changes = [Change(found.group, f"target={module.code(found.group.value)}")]
                if found.arguments is not None:
                    changes.append(Change(found.arguments, f"args={module.code(found.arguments.value)}"))
                remedy = Remedy(f"give '{label}' as the target", tuple(changes), safe=True)
            yield Report(found.group, message, remedy=remedy)
