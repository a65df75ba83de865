"""Handouts of a safety plan: copies, and the card to fold."""
