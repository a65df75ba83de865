"""What parents are told, who by and why; decided by a person, never sent by itself."""
