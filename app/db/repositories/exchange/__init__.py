"""SQL of `exchange`: other programs."""
