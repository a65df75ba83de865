"""The child and what was noticed."""
