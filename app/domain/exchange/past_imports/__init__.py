"""Imports of what another system kept: sent, planned, approved, undone."""
