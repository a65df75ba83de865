"""Who can see a record and why, told by the predicates that decide it."""
