"""What one person has to do by a time: set by rules or by people, owned, and never overlooked."""
