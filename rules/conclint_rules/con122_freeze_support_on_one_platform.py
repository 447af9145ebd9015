"""CON122: children of a frozen program are only told apart on one platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class FreezeSupportOnOnePlatform(ModuleRule):
    """`freeze_support()` is called under a test that leaves macOS out, where the children of a frozen program start it again.

    ## Why
    A program that PyInstaller or cx_Freeze has packed is no Python interpreter: a spawned child, and the helper
    processes of `multiprocessing`, are the same executable with other arguments. `freeze_support()` is what recognises
    them. Without it each child runs the whole program, opens its window and starts children of its own. macOS spawns
    since Python 3.8, as Windows always did (Library Reference, multiprocessing, "Contexts and start methods"). Until Python
    3.13 the documentation says that the function "has no effect" elsewhere than on Windows, which holds for the
    function of the standard library only: PyInstaller puts its own in its place on every platform. Since 3.14 the standard
    library's works wherever processes are spawned.

    ```python
    if sys.platform == "win32" and getattr(sys, "frozen", False):
        multiprocessing.freeze_support()        # macOS needs it as much
    ```

    ## How to fix
    Call it on every platform, first thing under `if __name__ == "__main__"`: it does nothing in a program that is not frozen.
    Where its import is to be spared, test `getattr(sys, "frozen", False)` alone.

    ## What is missed
    Tests that another module has made (`from compat import WINDOWS`), and functions that only Windows calls. A test that
    lets macOS in is left alone, though Linux may be asked to spawn too, and is so by PyInstaller.

    ## Fix safety
    The fix drops the test of the platform where another test stands beside it, or puts one of `sys.frozen` in its place. It is
    safe: where processes are not spawned, or nothing is frozen, the call does nothing.
    """

    code: ClassVar[str] = "CON122"
    name: ClassVar[str] = "freeze-support-on-one-platform"
    severity: ClassVar[Severity] = Severity.WARNING
    needles: ClassVar[tuple[str, ...]] = ("freeze_support",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        """Yield the calls that macOS does not get to."""
        from conclint.model.platforms import frozen_instead, left_out_on_macos

        for found in left_out_on_macos(module, "multiprocessing.freeze_support"):
            yield Report(
                found.call,
                f"'{module.label(found.call.func)}()' is not called on macOS, "
                "where each child of a frozen program then starts the whole program again",
                tuple(
                    Note(test, f"'{module.label(test)}' is {outcome} there") for test, outcome in found.tests
                ),
                frozen_instead(module, found),
            )
