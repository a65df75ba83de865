"""Locks on files that another school has received."""
