"""Roster imports as they are read: how far each is, and what was wrong with its file."""
