"""Clocks that events around a child start and stop."""
