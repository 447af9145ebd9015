"""A linter for concurrency mistakes in Python."""
