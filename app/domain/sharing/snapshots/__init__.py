"""The exact content that leaves the school."""
