"""CON509: threads that compute by turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class CpuBoundThreads(ModuleRule):
    """A pool of threads runs a computation in pure Python, which only one of them can do at a time.

    ## Why

    "Due to the Global Interpreter Lock, only one thread can execute Python code at once (even though certain
    performance-oriented libraries might overcome this limitation). If you want your application to make better use of the
    computational resources of multi-core machines, you are advised to use multiprocessing or
    ProcessPoolExecutor" (Library Reference, `threading`; Python 3.10 to 3.14, but for the free-threaded build). Threads pay
    where they wait for files, sockets or processes, or call code in C that lets go of the lock. A loop of arithmetic on
    threads takes as long as without them, and some more for the changes between them.

    ```python
    with ThreadPoolExecutor() as executor:
        counts = list(executor.map(count_primes, ranges))      # one core
    ```

    ## How to fix

    Use a `ProcessPoolExecutor` or `multiprocessing.Pool`, or a library that computes outside of the interpreter.

    ## What is missed

    Functions that call anything but arithmetic builtins, `math` and functions of the same kind, and threads that are
    made one by one. The rule is off by default: it is about speed, and the free-threaded build has no such limit.
    """

    code = "CON509"
    name = "cpu-bound-threads"
    severity = Severity.WARNING
    default = False
    needles = ("Executor", "Pool")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every pure computation that is spread over the threads of a pool."""
        from conclint.model.computing import threaded_computations

        for found in threaded_computations(module):
            name, taker = found.function.name, module.label(found.call.func)
            message = f"'{taker}' has several threads run '{name}', which only computes, so they take turns"
            yield Report(found.call, message, (Note(found.function.node, f"'{name}' waits for nothing"),))
