"""Supervision of leads: dated notes between two people, and their agreements."""
