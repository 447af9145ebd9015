"""What every file of a run is checked with."""

from __future__ import annotations

import dataclasses

from conclint.config import SUPPORTED, Version
from conclint.run.select import Selection


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """Which rules are on where, and the Python versions that the code is for, oldest first.

    Plain data, which travels to worker processes.
    """

    selection: Selection
    target_versions: tuple[Version, ...] = SUPPORTED
