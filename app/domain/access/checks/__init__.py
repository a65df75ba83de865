"""Fetch-and-check functions, one file per noun: not visible is not found."""
