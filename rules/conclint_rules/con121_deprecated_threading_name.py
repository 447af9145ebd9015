"""CON121 deprecated-threading-name."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Change, Remedy, Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class DeprecatedThreadingName(ModuleRule):
    """A camel-case name of `threading` is used that warns and is to go.

    ## Why
    `setDaemon`, `isDaemon`, `getName`, `setName`, `notifyAll`, `isSet`, `currentThread` and `activeCount` are kept from
    Python 2.5 and emit `DeprecationWarning` since Python 3.10 (What's New In Python 3.10, "Deprecated"; none is
    removed up to 3.14). Test runners and `python -W error` turn the warning into an exception, in a thread one that
    ends it.

    ## How to fix
    | old | new |
    |---|---|
    | `t.setDaemon(flag)`, `t.isDaemon()` | `t.daemon = flag`, `t.daemon` |
    | `t.setName(name)`, `t.getName()` | `t.name = name`, `t.name` |
    | `condition.notifyAll()` | `condition.notify_all()` |
    | `event.isSet()` | `event.is_set()` |
    | `threading.currentThread()`, `threading.activeCount()` | `threading.current_thread()`, `threading.active_count()` |

    ## What is missed
    Objects of which it is not known that they are threads, conditions or events. Other classes may have methods of
    these names, and so may a subclass of `Thread`. Code for old versions, after `hasattr` or in
    `except AttributeError`, is left alone.

    ## Fix safety
    Safe: the new names do the same in every supported version of Python.
    """

    code: ClassVar[str] = "CON121"
    name: ClassVar[str] = "deprecated-threading-name"
    severity: ClassVar[Severity] = Severity.WARNING
    needles: ClassVar[tuple[str, ...]] = (
        "setDaemon", "isDaemon", "getName", "setName", "notifyAll", "isSet", "currentThread", "activeCount",
    )  # fmt: skip

    def check(self, module: ModuleModel) -> Iterator[Report]:
        from conclint.model.deprecation import find_outdated

        for found in find_outdated(module, self.needles):
            facts = found.facts
            removed = f" and removed in {facts.removed}" if facts.removed else ""
            message = f"'{module.label(found.use)}' is deprecated since Python {facts.since}{removed}, use '{facts.use}'"
            remedy = None
            if found.changes:
                changes = tuple(Change(node, text) for node, text in found.changes)
                remedy = Remedy(f"use '{facts.use}'", changes, safe=True)
            yield Report(found.call or found.use, message, remedy=remedy)
