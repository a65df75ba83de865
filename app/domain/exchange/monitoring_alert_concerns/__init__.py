"""Concerns that a person raises from a monitoring alert."""
