"""What parents are told, who tells them and why: decided by a person, never sent automatically."""
