"""CON107 daemon-set-after-start."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class DaemonSetAfterStart(ModuleRule):
    """The daemon flag of a thread or process is set when it has been started already.

    ## Why
    Whether a thread or process is a daemon is settled by `start()`. Setting the flag later raises: RuntimeError
    ("cannot set daemon status of active thread") for a thread, AssertionError ("process has already started") for a
    process, in every version of Python 3 (Library Reference, threading, `Thread.daemon`: "This must be set before start()
    is called, otherwise RuntimeError is raised").

    ## How to fix
    Give `daemon=True` to the constructor, or set the flag before `start()`.

    ## What is missed
    Objects that are started in one function and changed in another, other than what a constructor starts and a method
    of the same class changes. Items of a list that are started on a condition.
    """

    code: ClassVar[str] = "CON107"
    name: ClassVar[str] = "daemon-set-after-start"
    needles: ClassVar[tuple[str, ...]] = ("daemon", "Daemon")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        from conclint.model.turns import too_late

        for found in too_late(module, "daemon", after="start"):
            label = module.label(found.event.object)
            message = f"the daemon flag of '{label}' is set after 'start()', which raises {found.exception}"
            notes = (Note(found.earlier.node, f"'{label}' is started here"),) if found.earlier is not None else ()
            yield Report(found.event.node, message, notes)
