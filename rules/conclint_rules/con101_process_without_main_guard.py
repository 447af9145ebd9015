"""CON101 process-without-main-guard."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Change, Note, Remedy, Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from libcst import CSTNode

    from conclint.model import ModuleModel


class ProcessWithoutMainGuard(ModuleRule):
    """Importing the module starts a process, and a spawned process imports the module.

    ## Why
    Under the start methods `spawn` and `forkserver` a child process first imports the main module under another
    name. Code at module level that starts a process, or makes a pool, a manager or an executor with work to do, is
    met again there, and the child dies of a `RuntimeError` ("An attempt has been made to start a new process before the
    current process has finished its bootstrapping phase") or of what follows from it; a pool replaces its dying
    workers for ever. `spawn` is the default on Windows and, since Python 3.8, on macOS; `forkserver` is that on
    Linux since Python 3.14 (Library Reference, multiprocessing, "Safe importing of main module"). Where the code
    itself settles on one of the two the finding is an error, where it leaves the default a warning.

    ## How to fix
    Move the code into a function and call that under `if __name__ == "__main__":`.

    ## What is missed
    Executors that are made at import and get their first task from a function which the rule cannot follow, and
    modules whose start method is worked out at run time. Code that asks for `fork`, and `__main__.py`, which children
    do not import again, are left alone, and so are fragments in documents, which are no modules.

    ## Fix safety
    The fix puts the statements around the call, and later ones at module level that may build on them, under a guard;
    definitions and imports stay. It is unsafe: names that these statements bind are then missing when another module
    imports this one.
    """

    code: ClassVar[str] = "CON101"
    name: ClassVar[str] = "process-without-main-guard"
    needles: ClassVar[tuple[str, ...]] = ("Process", "Pool", "Manager")

    def check(self, module: ModuleModel) -> Iterator[Report]:
        from conclint.model.guarding import guarded
        from conclint.model.spawning import UNDECIDED, find_spawns

        if (
            module.source.fragment
            or module.source.path.replace("\\", "/").rpartition("/")[2] == "__main__.py"
        ):
            return
        for spawn in find_spawns(module):
            path = module.imports.path_to(spawn.call)
            if path is None or spawn.method in ("fork", UNDECIDED):
                continue
            outermost: CSTNode = path[0] if path else spawn.call
            changes = tuple(Change(first, text, last) for first, last, text in guarded(module, outermost))
            description = "put the code under 'if __name__ == \"__main__\"'"
            remedy = Remedy(description, changes, safe=False) if changes else None
            what = f"'{spawn.what}()' runs whenever the module is imported"
            if spawn.method is None:
                message = f"{what}, which every child process does where processes are not forked"
            else:
                message = f"{what}, which every child process does under '{spawn.method}'"
            notes = tuple(
                Note(call, f"'{module.label(call.func)}()' is called on import") for call in path[:1]
            )
            severity = Severity.WARNING if spawn.method is None else None
            yield Report(spawn.call, message, notes, remedy, severity)
