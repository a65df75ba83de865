"""Routes of `adults`: concerns about staff, apart."""
