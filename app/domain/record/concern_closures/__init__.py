"""How a concern ends."""
