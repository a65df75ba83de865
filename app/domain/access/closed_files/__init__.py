"""What keeps a file from being written to: gone to another school, or frozen."""
