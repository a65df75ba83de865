"""Places on the site that need work."""
