"""Counts of linked concerns for a trust."""
