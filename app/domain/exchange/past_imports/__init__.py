"""Imports of another system's entries: sent, planned, approved, undone."""
