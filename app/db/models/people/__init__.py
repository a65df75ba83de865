"""Models of `people`: staff and their sign-in."""
