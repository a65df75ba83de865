"""One search box: a reference, a child's number, or a name."""
