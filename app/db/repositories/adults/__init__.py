"""SQL of `adults`: concerns about staff, apart."""
