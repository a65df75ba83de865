"""Who may know that two children are connected."""
