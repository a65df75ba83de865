"""What a lead asks the reporter of a concern."""
