"""Records that leave the school."""
