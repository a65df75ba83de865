"""The rows of a roster as one school stages them."""
