"""Text as it stands in files and documents, before anything is known about it."""

from conclint.source.source import Source

__all__ = ["Source"]
