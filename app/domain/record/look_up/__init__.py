"""One box for everything: a reference, a number of a child, or a name."""
