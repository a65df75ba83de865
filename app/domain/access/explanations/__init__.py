"""Explain who can see a record and why, by the rules that decide it."""
