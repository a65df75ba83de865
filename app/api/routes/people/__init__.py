"""Routes of `people`: who works here and how they sign in."""
