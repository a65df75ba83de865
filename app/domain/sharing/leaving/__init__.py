"""What of the records of keeping a child safe leaves the school, for whom, and what never does."""
