"""Entries of a case: what people said, heard, asked and did."""
