"""Conditions before telling home: advice, a reason, a second person, or time."""
