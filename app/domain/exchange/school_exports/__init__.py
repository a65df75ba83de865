"""Orders to write a whole school into an encrypted file."""
