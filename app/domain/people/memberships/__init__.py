"""Memberships: which role a person has in a school, from when to when."""
