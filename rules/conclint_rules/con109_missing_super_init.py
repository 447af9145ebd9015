"""CON109 missing-super-init."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Remedy, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel
    from conclint.model.constructing import Unprepared


class MissingSuperInit(ModuleRule):
    """The constructor of a thread or process class does not call that of `Thread` or `Process`, or too late.

    ## Why
    `Thread.__init__` makes what `start`, `join` and `daemon` work with. Where a subclass leaves it out the object looks
    fine until it is started: `RuntimeError: thread.__init__() not called`, or an AttributeError from a process. The same
    happens to `self.daemon = True` above the call (Library Reference, threading, "Thread objects": "If the subclass
    overrides the constructor, it must make sure to invoke the base class constructor (Thread.__init__()) before doing
    anything else to the thread"; so for processes; every version of Python).

    ## How to fix
    Make `super().__init__()` the first statement of the constructor. A dataclass calls it in `__post_init__`.

    ## What is missed
    Classes with `__new__`, a `start` of their own or decorators that are not known, constructors that hand `self` to code
    that can't be seen, and methods called before the base is set up that use what it has not made yet. A process keeps no
    name that is stored too early, and says nothing.

    ## Fix safety
    Safe: without the call no object of the class can be started. It is offered where the call is missing altogether,
    `Thread` or `Process` is the next class in line, and the constructor does not begin with a block.
    """

    code: ClassVar[str] = "CON109"
    name: ClassVar[str] = "missing-super-init"
    needles: ClassVar[tuple[str, ...]] = ("Thread", "Process", "Timer")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        from conclint.model.constructing import early_uses, unprepared

        for found in unprepared(module):
            yield _report(module, found)
        for use in early_uses(module):
            base = use.base.rpartition(".")[2]
            verb = "set" if use.is_store else "used"
            label = module.label(use.node)
            yield Report(
                use.node, f"'{label}' is {verb} before '{base}.__init__' has run, which raises {use.raises}"
            )


def _report(module: ModuleModel, found: Unprepared) -> Report:
    from conclint.model.rewriting import put_first

    cls, base = found.cls, found.base.rpartition(".")[2]
    notes = tuple(Note(way, "the object is not set up when the constructor returns here") for way in found.returns)
    if found.init is None:
        message = f"the constructor of '{cls.name}' does not call '{base}.__init__', so 'start()' raises {found.raises}"
        return Report(cls.node.name, message, notes)
    does = "does not call" if found.always else "can return without calling"
    message = f"'{cls.name}.__init__' {does} '{base}.__init__', so 'start()' raises {found.raises}"
    change = put_first(module, found.init, "super().__init__()") if found.always and found.is_plain else None
    remedy = Remedy(f"call '{base}.__init__' first", (change,), safe=True) if change is not None else None
    return Report(found.init.node.name, message, notes, remedy)  # type: ignore[attr-defined]
