"""A fact of a concern that was wrong: which child it is about, when or where it was."""
