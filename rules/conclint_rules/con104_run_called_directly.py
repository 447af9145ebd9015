"""CON104 run-called-directly."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Change, Remedy, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class RunCalledDirectly(ModuleRule):
    """`run()` of a thread or process is called where `start()` is meant.

    ## Why
    `run` is what the new thread or process is to do. Called directly it is an ordinary method: the caller does the
    work itself, waits for its end, and no thread or process comes into being. True of every version of Python
    (Library Reference, threading, "Thread objects": `start()` "arranges for the object's run() method to be invoked
    in a separate thread of control").

    ## How to fix
    Call `start()`, and `join()` where the end of the work matters.

    ## What is missed
    Objects of which it is not known that they are threads. `super().run()`, and `self.run()` inside the class, are
    left alone: there the thread is running already, or the class runs itself on purpose. So is an object that the
    same function also starts, as in `t.start() if parallel else t.run()`.

    ## Fix safety
    Unsafe: with `start()` the code after the call no longer waits for the work.
    """

    code: ClassVar[str] = "CON104"
    name: ClassVar[str] = "run-called-directly"
    needles: ClassVar[tuple[str, ...]] = (".run",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        from conclint.model.direct_runs import direct_runs

        for found in direct_runs(module):
            label = module.label(found.receiver)
            message = f"'{label}.run()' does the work in the caller, and '{label}' is never started"
            remedy = None
            if not found.call.args:
                remedy = Remedy("call 'start()'", (Change(found.method, "start"),), safe=False)
            yield Report(found.call, message, remedy=remedy)
