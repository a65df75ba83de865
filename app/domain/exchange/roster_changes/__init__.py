"""What a roster import changes: read before it is approved, and undone after it was applied."""
