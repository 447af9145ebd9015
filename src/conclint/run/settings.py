"""What every file of a run is checked with."""

from __future__ import annotations

import msgspec

from conclint.config import SUPPORTED, Version
from conclint.run.select import Selection


class Settings(msgspec.Struct, frozen=True):
    """Which rules are on where, and the Python versions that the code is for, oldest first.

    Plain data, which travels to worker processes.
    """

    selection: Selection
    target_versions: tuple[Version, ...] = SUPPORTED
