"""A concern that proves to be about an adult: it moves to the adult register with its words."""
