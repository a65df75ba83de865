"""Copies of a safety plan: who has one, and the card."""
