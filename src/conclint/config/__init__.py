"""What `[tool.conclint]` in a pyproject.toml says, with the place of each word and of each mistake."""

from conclint.config.config import Config, Item, Problem
from conclint.config.find import nearest
from conclint.config.read import read
from conclint.config.versions import SUPPORTED, Version

__all__ = ["SUPPORTED", "Config", "Item", "Problem", "Version", "nearest", "read"]
