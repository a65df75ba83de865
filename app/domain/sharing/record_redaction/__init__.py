"""What of the records of keeping a child safe leaves the school, and who for."""
