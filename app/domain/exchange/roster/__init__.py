"""Rosters: who is at the school, as its management system says."""
