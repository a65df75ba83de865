"""Models of `duty`: somebody always looks."""
