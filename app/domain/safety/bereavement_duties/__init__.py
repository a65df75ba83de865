"""Duties after a death."""
