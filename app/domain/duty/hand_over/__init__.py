"""A leaver's whole load in one step, and what nobody is left to do."""
