"""Rows that rosters brought in, for an integrator to compare with its own."""
