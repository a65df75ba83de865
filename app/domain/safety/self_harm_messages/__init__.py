"""The sentences of the pathway."""
