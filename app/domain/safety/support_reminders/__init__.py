"""Work that the support list sets for leads over time."""
