"""Groups of an identity provider, and the role of each."""
