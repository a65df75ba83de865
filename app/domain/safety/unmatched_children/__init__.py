"""Pupils of a report that no person has matched yet."""
