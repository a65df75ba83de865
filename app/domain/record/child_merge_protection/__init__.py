"""Protection of both children when two merged files are separated."""
