"""Models of `exchange`: other programs."""
