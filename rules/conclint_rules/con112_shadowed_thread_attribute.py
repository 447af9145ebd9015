"""CON112 shadowed-thread-attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.knowledge.schema import Reserved
    from conclint.model import ModuleModel


class ShadowedThreadAttribute(ModuleRule):
    """A thread or process class binds a name that `Thread` or `Process` needs for itself.

    ## Why
    Python has one set of names for an object, whoever uses them. An `Event` in `self._stop` takes the place of the method
    that `join()` calls up to Python 3.12 (`TypeError: 'Event' object is not callable`); `self._started = False` that of the
    event that `start()` waits for; `self._context` is what `start()` runs the thread in since Python 3.14. Which names
    these are is read from Lib/threading.py and Lib/multiprocessing/process.py of each version. A name that only some
    versions need is a warning. So is a value that the constructor of `Thread` or `Process` replaces, such as
    `self._name` stored before `super().__init__()`.

    ## How to fix
    Take another name: `self._stopping`, `self._zmq_context`.

    ## What is missed
    Names of other libraries' classes, attributes that other code sets from outside, and values of which it cannot be told
    that they are no methods. Overriding `run`, `start`, `join` and other public methods is left alone, and so is a method
    that calls the one it takes the place of.
    """

    code: ClassVar[str] = "CON112"
    name: ClassVar[str] = "shadowed-thread-attribute"
    needles: ClassVar[tuple[str, ...]] = ("Thread", "Process", "Timer")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        from conclint.model.shadowing import Harm, shadows

        for found in shadows(module):
            base, first = found.base.rpartition(".")[2], found.bindings[0]
            label = f"{found.cls.name}.{found.name}" if found.in_body else f"self.{found.name}"
            if found.harm is Harm.REFUSED:
                message = f"'{label}' is a property of '{base}' without a setter, so storing to it raises AttributeError"
            elif found.harm is Harm.LOST:
                message = f"'{label}' does not outlast '{base}.__init__', which stores a value of its own there"
            else:
                message = f"'{label}' takes the place of what '{base}' itself keeps under this name{_versions(found.reserved)}"
            notes = tuple(Note(other.node, f"'{found.name}' is bound here too") for other in found.bindings[1:])
            depends = found.harm is Harm.LOST or found.reserved.since or found.reserved.until
            yield Report(first.node, message, notes, severity=Severity.WARNING if depends else None)


def _versions(reserved: Reserved) -> str:
    since, until = reserved.since, reserved.until
    if since is not None and since == until:
        return f" in Python {since}"
    if since is not None:
        return f" from Python {since} on"
    return f" up to Python {until}" if until is not None else ""
