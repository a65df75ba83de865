"""Supervision of leads: dated notes between two people, and what they agreed."""
