"""CON214: each object locks what all of them share with a lock of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class InstanceLockGuardsClassState(ModuleRule):
    """A global or class attribute is changed under a lock that every object makes for itself.

    ## Why
    Two objects have two locks. Two threads that each work with one of them hold different locks, and are at the shared
    global or class attribute at the same time, where one overwrites what the other has just stored ("Lock Objects" in
    the documentation of `threading`; the same in all of Python 3.10 to 3.14).

    ```python
    class Sensor:
        total = 0

        def __init__(self):
            self._lock = threading.Lock()       # one for each sensor

        def read(self):
            with self._lock:
                Sensor.total += 1               # one for all
    ```

    ## How to fix
    Guard what all objects share with a lock that all share: in the class body, or beside the global. Keep the lock of
    the object for what belongs to the object.

    ## What is missed
    Locks that are given to the constructor, which may be the same for all. Classes with a `__new__`, metaclass or
    decorator of their own, which may be there for a single object, and those that the module makes one object of. A
    single store or append, which needs no lock.
    """

    code: ClassVar[str] = "CON214"
    name: ClassVar[str] = "instance-lock-guards-class-state"
    needles: ClassVar[tuple[str, ...]] = ("Lock", "Semaphore", "Condition")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every write to shared state under nothing but locks of single objects."""
        from conclint.model.instance_locks import misguarded_writes

        for found in misguarded_writes(module):
            label, lock = found.access.variable.label, found.lock.label
            yield Report(
                found.access.node,
                f"'{label}' is shared by all objects of the class, but each has a '{lock}' of its own",
                (Note(found.made, f"every object makes its own '{lock}' here"),),
            )
