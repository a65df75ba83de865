"""Who stands in for a check-in."""
