"""Days that may be hard after a death."""
