"""Models of `adults`: concerns about staff, kept separate."""
