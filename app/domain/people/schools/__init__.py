"""Schools and the trusts they belong to."""
