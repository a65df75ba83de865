"""One ordered view of everything dated about a child."""
