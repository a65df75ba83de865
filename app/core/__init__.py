"""Words every floor uses, and the clock."""
