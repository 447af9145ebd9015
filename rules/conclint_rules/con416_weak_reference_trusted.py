"""CON416: an object that is only held weakly is found, and fetched again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class WeakReferenceTrusted(ModuleRule):
    """A weak mapping or reference is asked whether its object is still there, and the object is then fetched a second time.

    ## Why
    A `WeakValueDictionary` and a `weakref.ref` do not keep the object alive. Between the question and the second look
    another thread can drop the last reference to it, or the garbage collector can find it in a cycle, which takes no second
    thread at all. Then `cache[key]` raises `KeyError` and `ref()` returns None ("a separate test for liveness creates race
    conditions in threaded applications; another thread can cause a weak reference to become invalidated before the weak
    reference is called; the idiom shown above is safe in threaded applications as well as single-threaded applications",
    Library Reference, weakref; all versions, with and without the global interpreter lock). A lock around the two does
    not help, for nobody takes it to let go of an object.

    ```python
    if key in self._cache:              # it is there ...
        return self._cache[key]         # ... and gone: KeyError
    ```

    ## How to fix
    Look once, and keep what you get in a local variable, which holds the object: `found = self._cache.get(key)`, then
    `if found is not None: return found`. For a reference `owner = self._owner()`, then `if owner is not None: ...`.

    ## What is missed
    Mappings and references that come as parameters or out of containers, and local ones, whose objects are most often held
    by the function itself. A key that is stored where it was missing and then read on both ways. A second look inside a
    `try` that expects it to fail is left alone.
    """

    code: ClassVar[str] = "CON416"
    name: ClassVar[str] = "weak-reference-trusted"
    in_tests: ClassVar[bool] = False
    needles: ClassVar[tuple[str, ...]] = ("WeakValueDictionary", "weakref")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield each second look at what is only held weakly."""
        from conclint.model.weakly_held import vanishing

        for found in vanishing(module):
            holder = module.label(found.holder)
            if found.of_mapping:
                message = (
                    f"'{module.label(found.use)}' is read because the key was there, but '{holder}' does not keep its objects "
                    "alive: it can be gone by now, and KeyError is raised"
                )
            else:
                message = (
                    f"'{holder}' is followed a second time because its object was alive, but does not keep it so: this can be "
                    "None by now"
                )
            yield Report(found.use, message, (Note(found.question, "asked here"),))
