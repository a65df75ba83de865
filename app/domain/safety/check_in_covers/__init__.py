"""Cover for a check-in."""
