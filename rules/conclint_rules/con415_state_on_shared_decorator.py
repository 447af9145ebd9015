"""CON415: what belongs to one call, kept on an object that all calls share."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class StateOnSharedDecorator(ModuleRule):
    """A decorator object keeps on itself what belongs to one call of the decorated function, and reads it when the call is over.

    ## Why
    A decorator is made once, where the function is defined, and serves every call of that function. When two threads, two
    tasks or two levels of a recursion are in the function, the second stores its own start time, token or old setting over
    that of the first, and both read the second's at the end: a wrong duration, a setting that is never restored, a token of
    another context. `contextlib.ContextDecorator` enters the one object for every call; only for the functions under
    `@contextmanager` does it make a new one each time, by its private `_recreate_cm` (Library Reference, contextlib,
    "Single use, reusable and reentrant context managers", and its source; all versions).

    ```python
    class timer(ContextDecorator):
        def __enter__(self):
            self.start = time.monotonic()                # of the call that came last

        def __exit__(self, *exc_info):
            report(time.monotonic() - self.start)
    ```

    ## How to fix
    Keep it in a local variable of the wrapper, or make a context manager for each call: write it as a generator with
    `contextlib.contextmanager`, or enter a copy, `with type(self)(...)`. Where it must stay on the object, use a
    `threading.local` or a `contextvars.ContextVar`, with a stack if the function may call itself.

    ## What is missed
    State in containers, state that is only stored under some condition, variables of enclosing functions, and
    wrappers without `functools.wraps` outside `__call__`. Decorators of packages named `test`, `tests` or `testing`:
    tests run one at a time.
    """

    code: ClassVar[str] = "CON415"
    name: ClassVar[str] = "state-on-shared-decorator"
    needles: ClassVar[tuple[str, ...]] = ("Decorator", "wraps", "wrapper", "__call__")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield the stores that another call of the decorated function makes as well."""
        from conclint.model.decorator_state import overwritten_states

        for found in overwritten_states(module):
            label = module.label(found.store)
            notes = [Note(found.read, "read after the call")]
            if found.wrapper is not None:
                notes.append(Note(found.wrapper.node, "every call of the decorated function runs this"))
            yield Report(
                found.store,
                f"'{label}' belongs to one call of the decorated function, and is overwritten by any other that runs meanwhile",
                tuple(notes),
            )
