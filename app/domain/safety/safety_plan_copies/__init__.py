"""Copies of a safety plan: their holders, and the card."""
