"""What happened, told thinly: entries of the trail that leave as events, each to its readers."""
