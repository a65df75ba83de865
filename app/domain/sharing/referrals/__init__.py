"""Referring one child to one agency, and what the agency made of it."""
