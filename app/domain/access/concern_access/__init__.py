"""Access to a concern, whole or as its reporter."""
