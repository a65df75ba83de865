"""Access to a child's record."""
