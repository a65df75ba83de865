"""Times when a child was missing, until they are back and were heard."""
