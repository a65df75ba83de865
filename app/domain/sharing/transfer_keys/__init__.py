"""The keys of a school that sign and decrypt packets."""
