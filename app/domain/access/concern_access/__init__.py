"""Who reaches a concern, whole or as its reporter."""
