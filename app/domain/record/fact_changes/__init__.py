"""Facts about a child that changed: what was so before, and what is known to have been so then."""
