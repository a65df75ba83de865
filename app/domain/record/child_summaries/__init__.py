"""What somebody sees first of a child."""
