"""People who may be affected by a death."""
