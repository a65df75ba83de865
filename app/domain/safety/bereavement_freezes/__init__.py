"""What a confirmed death ends or pauses, and what goes on after a mistake."""
