"""Support notes: what is understood of a pupil, in words."""
