"""Safety checks: what a pupil says about how safe they are, and what follows from it at once."""
