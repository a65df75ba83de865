"""Concerns about staff, apart from every child's record."""
