"""Raise a concern: a report by a member of staff."""
