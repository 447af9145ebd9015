"""The concurrency rules of a firm."""
