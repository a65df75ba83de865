"""Models of `adults`: concerns about staff, apart."""
