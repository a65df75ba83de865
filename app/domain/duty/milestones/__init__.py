"""Clocks of what happens around a child: each is started and stopped by an event."""
