"""The team of a case."""
