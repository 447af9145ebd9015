"""CON411: thread-local storage that lasts for one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class ThreadLocalPerCall(ModuleRule):
    """A `threading.local()` is made in a function, which keeps it in a local variable: every call has a new, empty one.

    ## Why

    Thread-local storage keeps values from one call to the next, apart for each thread. That takes one object that
    all calls use. One that a call makes for itself is as empty as any local variable at the start, and gone at the
    end: what was to be made once in each thread is made in every call ("Thread-Local Data" in the documentation of
    `threading` makes it once, at module level; the same in all of Python 3.10 to 3.14).

    ```python
    def connection():
        local = threading.local()
        if not hasattr(local, "connection"):    # always true
            local.connection = connect()
        return local.connection
    ```

    ## How to fix

    Make the object once, at module level or in the constructor of an object that the threads share. If the value is
    only needed during the call, a plain local variable does.

    ## What is missed

    Objects that are stored in an attribute or a global by a function that runs again and again, those that an inner
    function uses, and objects of classes that derive from `threading.local`.
    """

    code = "CON411"
    name = "thread-local-per-call"
    needles = ("local",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every thread-local object that no second call can reach."""
        from conclint.model.thread_locals import call_locals

        for found in call_locals(module):
            name = found.function.name
            where = f"'{name}'" if found.function.node.__class__.__name__ == "FunctionDef" else "this function"
            yield Report(
                found.site.call,
                f"each call of {where} makes thread-local storage of its own, which no later call can reach",
                notes=(Note(found.use, "used here, when it is still empty"),),
            )
