"""CON607: waiting for a child whose output nobody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class PopenPipeDeadlock(ModuleRule):
    """The parent waits for the end of a child process whose output goes into a pipe that nobody reads.

    ## Why

    A pipe holds some 64 kB. When it is full, the child stops in the middle of writing until somebody reads, and the
    parent waits for the child to end: neither goes on ("This will deadlock when using stdout=PIPE or stderr=PIPE and
    the child process generates enough output to a pipe", `Popen.wait` in the documentation of `subprocess`, and "Do
    not use stdout=PIPE or stderr=PIPE with this function" at `call` and `check_call`; the same in all of Python 3.10
    to 3.14, and for the processes of `asyncio`). It works as long as the child has little to say.

    ```python
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    process.wait()                      # for ever, if the command prints much
    print(process.stdout.read())
    ```

    ## How to fix

    Use `process.communicate()`, which reads until the child has ended, or read before waiting. `subprocess.run(command,
    capture_output=True)` does all of it. What is not needed goes to `subprocess.DEVNULL`.

    ## What is missed

    Processes that are kept in attributes or handed to other functions, output of which only a part is read, and a pipe
    that fills while the other one is being read to its end.

    ## Fix safety

    Safe. `wait()` becomes `communicate()` where it is a statement of its own and nothing else touches the pipes;
    unsafe where the output would be decoded, which may fail, or where the child has a pipe to read from. For `call`,
    `PIPE` becomes `DEVNULL`, as its output can't be read by anybody.
    """

    code = "CON607"
    name = "popen-pipe-deadlock"
    needles = ("PIPE",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield every wait for a child that may be stuck in its output."""
        from conclint.model.child_pipes import communicate_instead, nowhere_instead, piped_calls, unread_pipes

        for found in unread_pipes(module):
            yield Report(
                found.wait,
                f"'{module.label(found.wait.func)}' waits for a child that stops when the pipe of its {found.pipe} is "
                "full, and nothing has read from that",
                notes=(Note(found.start, "the child is started with a pipe here"),),
                remedy=communicate_instead(module, found),
            )
        for call, given in piped_calls(module):
            yield Report(
                given,
                f"'{module.label(call.func)}' waits for a child that stops when this pipe is full, which nobody can read",
                remedy=nowhere_instead(given),
            )
