"""Support notes: how people understand a pupil, in words."""
