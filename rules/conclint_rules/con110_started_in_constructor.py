"""CON110 started-in-constructor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class StartedInConstructor(ModuleRule):
    """A constructor starts a thread that works on the object before it has given the object what the thread reads.

    ## Why
    From `start()` on two threads go on, and nothing says which comes first. Where the new one is faster it finds an object
    that is half made, and dies of an AttributeError; where it is slower all seems well, mostly on the machine where it was
    written. A child process always loses: it gets a copy of the object as it is when it starts. So in every version of
    Python (Library Reference, threading, "Thread objects"). It happens across classes as well: a base class that starts the
    thread is done before the constructor of a subclass goes on behind `super().__init__()`.

    ## How to fix
    Start the thread in the last line of the constructor, after everything that it reads; better, leave the start to
    whoever makes the object, so that subclasses can be finished first.

    ## What is missed
    Subclasses and bases in other modules, attributes that have a first value and get their real one too late, and code
    that first waits for a queue, an event or a while: what it reads then has been there for long.
    """

    code: ClassVar[str] = "CON110"
    name: ClassVar[str] = "started-in-constructor"
    needles: ClassVar[tuple[str, ...]] = ("__init__",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        from conclint.model.early_start import early_starts

        for found in early_starts(module):
            label, code = module.label(found.start.func), found.code.name
            attribute = f"'{found.cls.name}.{found.attribute}'"
            message = f"'{label}()' comes before {attribute} is assigned, which '{code}' reads in the thread that it starts"
            notes = (Note(found.store, f"{attribute} is assigned here"), Note(found.read, f"{attribute} is read here"))
            yield Report(found.start, message, notes)
