"""Roster files as they are carried out: read aside, compared, and applied."""
