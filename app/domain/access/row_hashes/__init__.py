"""The hashes of every row, against which the record is checked."""
