"""Owners of open work, and how it gets another: nothing is left without an owner."""
