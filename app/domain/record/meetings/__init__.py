"""Meetings about a child: who was invited and came, the decisions, and the next date."""
