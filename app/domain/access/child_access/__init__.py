"""Who reaches a child's record."""
