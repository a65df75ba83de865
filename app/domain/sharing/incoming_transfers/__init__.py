"""Files from other schools."""
