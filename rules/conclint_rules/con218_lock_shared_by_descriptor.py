"""CON218: one lock for a property of all objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class LockSharedByDescriptor(ModuleRule):
    """A descriptor computes an attribute under a lock of its own, the same one for all objects that have the attribute.

    ## Why
    A descriptor is made once, in the body of the class whose attribute it is; its `__get__` serves every object of that class. A
    lock that it holds while it calls the function of the user makes all of them wait for each other, though each has a value of
    its own. And the function may ask for another such attribute, of another object: two threads that do so the other way
    round wait for each other for ever. `functools.cached_property` did this up to Python 3.11; in 3.12 the lock was removed
    for this reason (Library Reference, `functools.cached_property`: the lock "was per-property, not per-instance, which could
    result in unacceptably high lock contention").

    ```python
    def __get__(self, instance, owner=None):
        with self.lock:                                  # that of the property, not of `instance`
            value = self.func(instance)
    ```

    ## How to fix
    Compute without a lock, and store the first value with `instance.__dict__.setdefault(name, value)`: two threads may compute,
    one value is kept. Where that must not happen, keep the lock in the object: in its `__dict__`, made with `setdefault` too.

    ## What is missed
    Functions that reach the descriptor otherwise than as a parameter, locks that the caller of `__get__` takes, and objects with
    `__call__` that lock: these are often there to let one in at a time.
    """

    code: ClassVar[str] = "CON218"
    name: ClassVar[str] = "lock-shared-by-descriptor"
    severity: ClassVar[Severity] = Severity.WARNING
    needles: ClassVar[tuple[str, ...]] = ("__get__",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield the calls that compute an attribute under the descriptor's lock."""
        from conclint.model.descriptors import shared_locks

        for found in shared_locks(module):
            what = f"'{module.label(found.call.func)}' runs under '{found.lock.label}'"
            yield Report(
                found.call,
                f"{what}, the same for all objects that have a '{found.cls.name}': they wait for each other",
                (Note(found.made, "made here, once for each attribute"),) if found.made is not None else (),
            )
