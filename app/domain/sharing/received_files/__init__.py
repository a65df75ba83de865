"""Files that came from other schools."""
