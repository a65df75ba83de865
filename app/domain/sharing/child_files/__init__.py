"""A child's whole file, as it travels and as it is read."""
