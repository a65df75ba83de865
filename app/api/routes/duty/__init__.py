"""Routes of `duty`: somebody always looks."""
