"""Concerns linked by confirmed facts, shown to leads for a joint review."""
