"""Models, repositories and the transaction that they work in."""
