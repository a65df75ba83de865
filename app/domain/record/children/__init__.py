"""Children and everything that is true of a child for a while."""
