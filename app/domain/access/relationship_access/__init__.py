"""Access to the fact that two children are connected."""
