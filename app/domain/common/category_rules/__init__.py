"""What follows from a concern's categories, for use by every area."""
