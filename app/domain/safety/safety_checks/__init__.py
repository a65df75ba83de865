"""Safety checks: what a pupil says about how safe they are, and its immediate effects."""
