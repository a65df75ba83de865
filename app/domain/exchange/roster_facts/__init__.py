"""What rosters brought in, as an integrator compares it with its own rows."""
