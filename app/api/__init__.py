"""Door one: HTTP."""
