"""The adults around a child, and who of them may be told."""
