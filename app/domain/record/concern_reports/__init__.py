"""Raising a concern: what a member of staff reports."""
