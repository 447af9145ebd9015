"""CON102 target-called."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Change, Remedy, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class TargetCalled(ModuleRule):
    """The target is called where it should be named, so the work is done by the caller.

    ## Why
    In `Thread(target=work())` the call comes first: `work` runs to its end here and now, and the thread gets what it
    returned. When that is None a thread or process has nothing to do and says nothing; a timer, an executor or a
    pool fails when it tries to call it. A target that never returns keeps the thread from being made at all. This
    holds for every version of Python (Library Reference, threading, "Thread objects": "target is the callable object to
    be invoked by the run() method").

    ## How to fix
    Name the function and hand its arguments over apart: `Thread(target=work, args=(1, 2))`,
    `executor.submit(work, 1, 2)`.

    ## What is missed
    Calls of functions that are imported or decorated, or of which it cannot be told that they return no callable.
    A factory that returns a function is a fine target, and so is an object whose class defines `__call__`.

    ## Fix safety
    Safe where the function returns None in any case: nothing can have called that. Elsewhere unsafe.
    """

    code: ClassVar[str] = "CON102"
    name: ClassVar[str] = "target-called"

    def check(self, module: ModuleModel) -> Iterator[Report]:
        from conclint.model.called_targets import called_targets, named_instead

        for found in called_targets(module):
            function = module.label(found.call.func)
            result = "None" if found.returns_none else "its result"
            message = f"'{function}' is called here and now, and {result} becomes the target of '{found.taker(module)}'"
            text = named_instead(module, found.handover, found.call)
            remedy = None
            if text is not None:
                change = Change(found.handover.target, text)
                remedy = Remedy(
                    f"hand '{function}' over without calling it", (change,), safe=found.returns_none
                )
            yield Report(found.call, message, remedy=remedy)
