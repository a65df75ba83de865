"""What parents are told, by whom and why: decided by a person, never sent automatically."""
