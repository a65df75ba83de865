"""Rosters: who is at the school, according to its management system."""
