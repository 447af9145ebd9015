"""The command line.

Exit status: 0 clean, 1 findings or files that could not be read, 2 a mistake in the call or the configuration,
3 a defect of conclint, 130 after an interrupt from the keyboard.
"""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

__all__ = ["main"]

USAGE, DEFECT = 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line with `arguments`, by default those of the process, and return the exit status."""
    before = None
    try:
        if threading.current_thread() is threading.main_thread():
            before = signal.signal(signal.SIGTERM, _terminate)
        return _main(arguments)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would disturb the way out
        return 128 + signal.SIGINT
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _main(arguments: Sequence[str] | None) -> int:
    import click

    from conclint.cli.app import app
    from conclint.errors import ConclintError, ConfigError

    try:
        status = app.main(None if arguments is None else list(arguments), "conclint", standalone_mode=False)
    except click.ClickException as mistake:
        mistake.show()
        return USAGE
    except click.Abort:
        raise KeyboardInterrupt from None
    except ConfigError as mistake:
        for place, reason in mistake.problems:
            click.echo(f"conclint: {place}: {reason}", err=True)
        return USAGE
    except ConclintError as mistake:
        click.echo(f"conclint: {mistake}", err=True)
        return USAGE
    except Exception:  # noqa: BLE001 - the status must tell it from findings
        import traceback

        click.echo(f"conclint: internal error, please report it:\n{traceback.format_exc()}", err=True)
        return DEFECT
    return status if isinstance(status, int) else 0


def _terminate(number: int, _frame: FrameType | None) -> NoReturn:
    """End like other programs do, but on a way that ends the workers too."""
    sys.exit(128 + number)
