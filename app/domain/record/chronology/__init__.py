"""One ordered view over every dated thing about a child."""
