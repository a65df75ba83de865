"""Sight of one record beyond the role: granted for a while, or taken by breaking glass."""
