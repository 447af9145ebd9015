"""`python -m conclint`, and what the installed command runs: a process that lives for one call."""

from __future__ import annotations

import gc
import sys
from typing import NoReturn

from conclint.cli import main


def run() -> NoReturn:
    """Run the command line and exit with its status.

    Garbage is never looked for: what a run leaves goes with the process. Frozen, it is not looked through at the exit
    either, which Python does even with the collector off.
    """
    gc.disable()
    status = main()
    gc.freeze()
    sys.exit(status)


if __name__ == "__main__":
    run()
