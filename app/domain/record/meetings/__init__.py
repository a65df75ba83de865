"""Meetings about a child: who was invited and came, what was decided, and when the next one is."""
