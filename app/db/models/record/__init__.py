"""Models of `record`: children and the concerns about them."""
