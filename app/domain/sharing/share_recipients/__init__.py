"""Recipients of a share."""
