"""What comes from another school."""
