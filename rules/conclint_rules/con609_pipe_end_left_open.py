"""CON609: a pipe that is read to its end while its other end is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class PipeEndLeftOpen(ModuleRule):
    """The parent reads a pipe until its end comes, and has the end that it gave to its child still open itself.

    ## Why

    `recv()` raises EOFError when there is nothing left and the other end is closed. It is closed when every process that
    has it has closed it. The child's is closed when the child ends; the parent has one of its own, from `Pipe()`, and
    waits for itself ("Connection.recv" in the documentation of `multiprocessing`: "Raises EOFError if there is nothing
    left to receive and the other end was closed", and the example of `multiprocessing.connection.wait`: "We close the
    writable end of the pipe now to be sure that p is the only process which owns a handle for it"; the same in all
    of Python 3.10 to 3.14, with every start method).

    ```python
    reader, writer = Pipe(duplex=False)
    Process(target=work, args=(writer,)).start()
    while True:
        try:
            print(reader.recv())
        except EOFError:            # never: 'writer' is open here
            break
    ```

    ## How to fix

    Close the child's end in the parent once the child is started: `writer.close()`.

    ## What is missed

    Ends that are kept in attributes or read in another function, and the copies of the parent's end that children
    have which were forked later.
    """

    code = "CON609"
    name = "pipe-end-left-open"
    default = False
    needles = ("Pipe",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every read that waits for an end which the reader itself holds off."""
        from conclint.model.pipe_ends import open_ends

        for found in open_ends(module):
            yield Report(
                found.read,
                f"'{module.label(found.read.func)}' waits for the end of the pipe, which does not come while "
                f"'{found.end}' is open in this process",
                notes=(
                    Note(found.pipe, "the pipe is made here"),
                    Note(found.given, f"'{found.end}' is given to a process, and stays open here"),
                ),
            )
