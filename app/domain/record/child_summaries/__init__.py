"""The first view of a child."""
