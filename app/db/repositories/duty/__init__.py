"""SQL of `duty`: somebody always looks."""
