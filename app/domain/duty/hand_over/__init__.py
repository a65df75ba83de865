"""Hand over a leaver's whole load in one step, and find work without an owner."""
