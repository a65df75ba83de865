"""Files kept with a concern."""
