"""What libraries mean in the words of concurrency: data in TOML, and the object that answers from it."""

from conclint.knowledge.lookup import Knowledge, standard

__all__ = ["Knowledge", "standard"]
