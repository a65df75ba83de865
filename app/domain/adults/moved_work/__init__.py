"""Open work of a concern that moves to the adult register: ended, or moved with it."""
