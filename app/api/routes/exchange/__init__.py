"""Routes of `exchange`: other programs."""
