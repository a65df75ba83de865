"""Items that were given up or found."""
