"""CON305: a wait for an event that nothing sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class EventNeverSet(ModuleRule):
    """A thread waits without a timeout for an event that nothing in the program sets.

    ## Why

    A new `Event` is not set, and `wait()` returns only when `set()` has been called ("Event Objects" in the documentation of
    `threading`; the same in all of Python 3.10 to 3.14). Where no code calls it, the thread waits for ever, and so does
    everybody who joins it. Mostly another event with a similar name is set instead.

    ```python
    self._connecting.set()
    ...
    self._connected.wait()      # nothing sets this one
    ```

    ## How to fix

    Call `set()` where it has happened that the others wait for. A wait that is only a pause takes a timeout.

    ## What is missed

    Events that are passed on, returned or kept in containers, and whose methods are handed on: somebody may set them there.
    Public globals and attributes, unless the module has a main guard: others may import it. Tasks of `asyncio` wait
    so until they are cancelled, and so does, until Ctrl-C, who waits for an event of his own, in a module that
    handles signals, or inside `try ... except KeyboardInterrupt`.
    """

    code = "CON305"
    name = "event-never-set"
    needles = ("Event",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every wait that can't end."""
        from conclint.model.unset_events import events_never_set

        for found in events_never_set(module):
            label = module.label(found.wait.object)
            yield Report(
                found.wait.node,
                f"'{label}.wait()' never returns: nothing sets '{label}'",
                (Note(found.site.call, f"'{label}' is made here"),),
            )
