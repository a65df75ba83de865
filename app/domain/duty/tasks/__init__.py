"""Tasks for one person by a due time: set by rules or people, owned, and never overlooked."""
