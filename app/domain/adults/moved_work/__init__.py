"""What is open of a concern that moves to the adult register ends, or goes with it."""
