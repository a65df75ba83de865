"""What follows from what a concern is about: beneath every area."""
