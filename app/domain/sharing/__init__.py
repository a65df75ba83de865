"""What leaves the school."""
