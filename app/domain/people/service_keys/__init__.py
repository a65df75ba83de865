"""The keys with which programs sign in."""
