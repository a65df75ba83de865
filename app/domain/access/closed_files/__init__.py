"""Files that nobody may write to: gone to another school, or frozen."""
