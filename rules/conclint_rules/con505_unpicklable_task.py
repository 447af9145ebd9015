"""CON505: something that can't be sent to another process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel
    from conclint.model.crossing import Unpicklable


class UnpicklableTask(ModuleRule):
    """A lambda, inner function, generator, open file, lock or the like is sent to another process.

    ## Why

    What goes to a worker of a process pool is pickled, under every start method: the function of a task by its name,
    the arguments with all that they hold. "Functions (built-in and user-defined) accessible from the top level of a
    module (using def, not lambda)" can be pickled ("What can be pickled and unpickled?" in the documentation of
    `pickle`), and so can most data; lambdas, functions and classes inside of functions, generators, files, locks, threads
    and pools can't. The task fails with a `PicklingError`, `AttributeError` or `TypeError`, which comes out of `map`, or
    lies in the future until somebody asks. The target and arguments of a `Process` are pickled under `spawn`, the default
    on Windows and macOS, and `forkserver`, that on Linux since Python 3.14 ("The spawn and forkserver start methods" in
    the documentation of `multiprocessing`).

    ```python
    with ProcessPoolExecutor() as executor:
        executor.map(lambda path: path.stat().st_size, paths)     # PicklingError
    ```

    ## How to fix

    Put functions and classes at the top level of the module, use `functools.partial` for arguments, send file names in
    place of files, lists in place of generators, and leave locks and pools out of the objects that tasks belong to, by
    `__getstate__` if need be.

    ## What is missed

    Objects that are put together elsewhere, and what libraries put into theirs. Sockets, which `multiprocessing` knows how to
    send, are left alone, and so are modules that use `dill`, `cloudpickle`, `multiprocess` or `pathos`, queues (another
    rule's subject), and processes whose start method is `fork` or worked out at run time.
    """

    code = "CON505"
    name = "unpicklable-task"
    needles = ("Process", "Pool")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield everything that is sent to another process and can't be."""
        from conclint.model.crossing import unpicklable_tasks

        for found in unpicklable_tasks(module):
            taker = module.label(found.call.func)
            message = f"what '{taker}' sends to {_where(found)} can't be pickled: {found.what}"
            yield Report(found.node, message, severity=None if found.method != "" else Severity.WARNING)


def _where(found: Unpicklable) -> str:
    if found.method is None:
        return "a worker"
    return f"a process under '{found.method}'" if found.method else "a process that is not forked"
