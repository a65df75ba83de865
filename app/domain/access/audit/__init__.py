"""The trail as a sealed log: sealing it, checking it, and reading it."""
