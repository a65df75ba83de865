"""Changes of a roster import: read before approval, and undone after it was applied."""
