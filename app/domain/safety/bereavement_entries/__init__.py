"""What was said, heard, asked and done in a case."""
