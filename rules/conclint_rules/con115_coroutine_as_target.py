"""CON115 coroutine-as-target."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class CoroutineAsTarget(ModuleRule):
    """A coroutine function is handed to a thread, process, pool or callback, which calls it and awaits nothing.

    ## Why
    Calling an `async def` runs nothing of its body: it makes a coroutine, which does its work when an event loop awaits it.
    A thread calls its target and drops what comes back, so nothing is done, and all that is ever seen is "RuntimeWarning:
    coroutine '...' was never awaited". An executor keeps the coroutine as the result; a process pool fails to pickle it.
    True of every version of Python (Library Reference, "Coroutines and Tasks": "simply calling a coroutine will not
    schedule it to be executed"; `run_in_executor` and `to_thread` take plain functions).

    ## How to fix
    Give the thread an event loop: `Thread(target=asyncio.run, args=(work(),))`, or let a plain function call
    `asyncio.run(work())`. From another thread, give the coroutine to the running loop:
    `asyncio.run_coroutine_threadsafe(work(), loop)`. Inside a loop: `asyncio.create_task(work())`.

    ## What is missed
    Functions that are imported or decorated in ways that are not known, and plain functions that return a coroutine,
    other than lambdas.
    """

    code: ClassVar[str] = "CON115"
    name: ClassVar[str] = "coroutine-as-target"
    needles: ClassVar[tuple[str, ...]] = ("async",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        from conclint.model.coroutines import lost_coroutines

        for found in lost_coroutines(module):
            name = found.definition.value
            made = "an asynchronous generator that nobody iterates" if found.is_generator else "a coroutine that nobody awaits"
            message = f"'{found.taker}' calls '{name}', an 'async def', and so makes {made}"
            note = Note(found.definition, f"'{name}' is defined here")
            yield Report(found.node, message, () if found.node is found.definition else (note,))
