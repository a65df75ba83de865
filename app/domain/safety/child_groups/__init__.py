"""Groups of connected children, as confirmed by a person."""
