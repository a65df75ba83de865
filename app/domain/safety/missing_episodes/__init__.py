"""Missing episodes of a child, until they are back and have been heard."""
