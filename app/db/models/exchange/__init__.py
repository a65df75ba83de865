"""Models of `exchange`: data exchange with other programs."""
